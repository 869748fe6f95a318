using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

internal sealed class TlsTests : InternetFixture
{
    private const string Name = "mx1.example.test";
    private const SslPolicyErrors ChainErrors = SslPolicyErrors.RemoteCertificateChainErrors;
    private const SslPolicyErrors NameMismatch = SslPolicyErrors.RemoteCertificateNameMismatch;

    private FakeMxHost Mx => Internet.MxHost(Name);

    public static IEnumerable<TestCaseData> Certificates()
    {
        yield return Case("good", c => c, SslPolicyErrors.None);
        yield return Case("wildcard", c => c.Names("*.example.test"), SslPolicyErrors.None);
        yield return Case("rsa", c => c.Rsa(), SslPolicyErrors.None);
        yield return Case("with intermediate", c => c.WithIntermediate(), SslPolicyErrors.None);
        yield return Case("no extended key usage", c => c.NoExtendedKeyUsage(), SslPolicyErrors.None);
        yield return Case("common name only", c => c.CommonNameOnly(), SslPolicyErrors.None);
        yield return Case("ip address only", c => c.IpAddress(IPAddress.Parse("192.0.2.1")), SslPolicyErrors.None);
        yield return Case("addresses of issuer and revocation list", c => c.AuthorityInformationAccess("http://a.test/x").CrlDistributionPoint("http://a.test/y"), SslPolicyErrors.None);
        yield return Case("another name", c => c.Names("mx2.example.test"), NameMismatch);
        yield return Case("wildcard too deep", c => c.Names("*.test"), NameMismatch);
        yield return Case("partial wildcard", c => c.Names("mx*.example.test"), NameMismatch);
        yield return Case("expired", c => c.Expired(), ChainErrors, X509ChainStatusFlags.NotTimeValid);
        yield return Case("not yet valid", c => c.NotYetValid(), ChainErrors, X509ChainStatusFlags.NotTimeValid);
        yield return Case("expired and another name", c => c.Expired().Names("x.test"), ChainErrors | NameMismatch, X509ChainStatusFlags.NotTimeValid);
        yield return Case("self-signed", c => c.SelfSigned(), ChainErrors, X509ChainStatusFlags.UntrustedRoot);
        yield return Case("untrusted authority", c => c.UntrustedAuthority(), ChainErrors, X509ChainStatusFlags.PartialChain);
        yield return Case("missing intermediate", c => c.WithoutIntermediate(), ChainErrors, X509ChainStatusFlags.PartialChain);
        yield return Case("expired intermediate", c => c.ExpiredIntermediate(), ChainErrors, X509ChainStatusFlags.NotTimeValid);
        yield return Case("for clients only", c => c.ClientAuthOnly(), ChainErrors, X509ChainStatusFlags.NotValidForUsage);
    }

    [TestCaseSource(nameof(Certificates))]
    public async Task A_certificate_is_what_its_specification_says(
        Func<CertificateSpec, CertificateSpec> spec, SslPolicyErrors errors, X509ChainStatusFlags status)
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.Certificate(spec));

        await client.SecureHelloAsync(Name);
        Assert.That(client.Errors, Is.EqualTo(errors));
        Assert.That(client.ChainStatus & status, Is.EqualTo(status));
    }

    [Test]
    public async Task Names_are_written_as_they_are()
    {
        string[] names = ["*.*.test", "a.test.", "x*y.test", "UPPER.test", "mx_1.test"];
        using X509Certificate2 certificate = Internet.Authority.Issue(CertificateSpec.For(Name).Names(names).IpAddress(IPAddress.Loopback).Names(names));

        var san = new X509SubjectAlternativeNameExtension(certificate.Extensions["2.5.29.17"]!.RawData);
        Assert.That(san.EnumerateDnsNames(), Is.EqualTo(names));
        Assert.That(san.EnumerateIPAddresses(), Is.EqualTo(new[] { IPAddress.Loopback }));
        await Task.CompletedTask;
    }

    [Test]
    public void A_malformed_alternative_name_cannot_be_read()
    {
        using X509Certificate2 certificate = Internet.Authority.Issue(CertificateSpec.For(Name).MalformedSan());

        Assert.That(
            () => new X509SubjectAlternativeNameExtension(certificate.Extensions["2.5.29.17"]!.RawData).EnumerateDnsNames().ToList(),
            Throws.InstanceOf<System.Security.Cryptography.CryptographicException>());
    }

    [Test]
    public void Dates_may_be_given_exactly()
    {
        DateTimeOffset now = Internet.Clock.GetUtcNow();
        using X509Certificate2 certificate = Internet.Authority.Issue(CertificateSpec.For(Name).ValidFrom(now.AddHours(1)).ValidTo(now.AddHours(2)));

        Assert.That(certificate.NotBefore.ToUniversalTime(), Is.EqualTo(now.AddHours(1).UtcDateTime));
        Assert.That(certificate.NotAfter.ToUniversalTime(), Is.EqualTo(now.AddHours(2).UtcDateTime));
    }

    [Test]
    public async Task A_certificate_may_change_between_connections()
    {
        await using (SmtpTestClient first = await ConnectAsync(Mx))
        {
            await first.SecureHelloAsync(Name);
            Assert.That(first.Errors, Is.EqualTo(SslPolicyErrors.None));
        }

        Mx.Certificate(c => c.Expired());
        await using (SmtpTestClient second = await ConnectAsync(Mx))
        {
            await second.SecureHelloAsync(Name);
            Assert.That(second.Errors, Is.EqualTo(ChainErrors));
        }

        Mx.Healthy();
        await using SmtpTestClient third = await ConnectAsync(Mx);
        await third.SecureHelloAsync(Name);
        Assert.That(third.Errors, Is.EqualTo(SslPolicyErrors.None));
    }

    [Test]
    public async Task A_certificate_is_dated_by_the_clock_whatever_an_earlier_internet_was_given()
    {
        await using (FakeInternet earlier = await FakeInternet.StartAsync())
        await using (SmtpTestClient client = await SmtpTestClient.ConnectAsync(earlier, earlier.MxHost(Name).Addresses[0], Limit))
        {
            await client.SecureHelloAsync(Name);
        }

        await using FakeInternet later = await FakeInternet.StartAsync();
        later.PumpsClock = false;
        later.Clock.Advance(TimeSpan.FromDays(365 * 12));
        await using SmtpTestClient second = await SmtpTestClient.ConnectAsync(later, later.MxHost(Name).Addresses[0], Limit);
        await second.SecureHelloAsync(Name);
        Assert.That(second.Errors, Is.EqualTo(SslPolicyErrors.None));
    }

    [Test]
    public async Task Internets_side_by_side_do_not_trust_each_other()
    {
        await using FakeInternet other = await FakeInternet.StartAsync();
        using X509Certificate2 theirs = other.Authority.Issue(CertificateSpec.For(Name));
        using X509Certificate2 ours = Internet.Authority.Issue(CertificateSpec.For(Name));

        Assert.That((IsTrusted(ours, Internet), IsTrusted(theirs, other)), Is.EqualTo((true, true)));
        Assert.That((IsTrusted(ours, other), IsTrusted(theirs, Internet)), Is.EqualTo((false, false)));

        static bool IsTrusted(X509Certificate2 certificate, FakeInternet internet)
        {
            using var chain = new X509Chain { ChainPolicy = ClientTls.Options(internet, Name).CertificateChainPolicy! };
            return chain.Build(certificate);
        }
    }

    [Test]
    public async Task An_authority_whose_internet_has_ended_issues_nothing_more()
    {
        FakeInternet ended = await FakeInternet.StartAsync();
        X509Certificate2 issued = ended.Authority.Issue(CertificateSpec.For(Name));
        await ended.DisposeAsync();

        Assert.That(() => ended.Authority.Issue(CertificateSpec.For(Name)), Throws.InstanceOf<ObjectDisposedException>());
        using System.Security.Cryptography.ECDsa key = issued.GetECDsaPrivateKey()!;
        Assert.That(key.SignData([1], System.Security.Cryptography.HashAlgorithmName.SHA256), Is.Not.Empty);
        issued.Dispose();
    }

    [Test]
    public void Specifications_that_say_the_same_are_equal()
    {
        CertificateSpec spec = CertificateSpec.For(Name);
        Func<CertificateSpec, CertificateSpec>[] changes =
        [
            c => c, c => c.Names("a.test", "b.test"), c => c.Names("b.test", "a.test"), c => c.CommonName("x"), c => c.CommonNameOnly(), c => c.IpAddress(IPAddress.Loopback),
            c => c.IpAddress(IPAddress.Loopback).Names(Name), c => c.Expired(), c => c.NotYetValid(), c => c.ValidFrom(DateTimeOffset.UnixEpoch), c => c.ValidTo(DateTimeOffset.UnixEpoch),
            c => c.SelfSigned(), c => c.UntrustedAuthority(), c => c.WithIntermediate(), c => c.WithoutIntermediate(), c => c.ExpiredIntermediate(), c => c.ClientAuthOnly(),
            c => c.NoExtendedKeyUsage(), c => c.Rsa(), c => c.AuthorityInformationAccess("http://a.test/"), c => c.CrlDistributionPoint("http://a.test/"), c => c.MalformedSan(),
        ];
        CertificateSpec[] all = [.. changes.Select(change => change(spec))];

        Assert.That(changes.Select(change => change(CertificateSpec.For(Name))), Is.EqualTo(all));
        Assert.That(changes.Select(change => change(CertificateSpec.For(Name)).GetHashCode()), Is.EqualTo(all.Select(one => one.GetHashCode())));
        Assert.That(all.Distinct().Count(), Is.EqualTo(all.Length));
        Assert.That(all[0], Is.Not.EqualTo(CertificateSpec.For("mx2.example.test")));
    }

    [TestCase(SslProtocols.Tls12)]
    [TestCase(SslProtocols.Tls13, ExcludePlatform = "MacOsX")]
    public async Task A_host_may_speak_one_version_only(SslProtocols version)
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.TlsVersions(version));

        await client.SecureHelloAsync(Name);
        Assert.That(client.Protocol, Is.EqualTo(version));
        Assert.That(Mx.Sessions.Single().TlsProtocol, Is.EqualTo(version));
    }

    [TestCase(HandshakeFault.Garbage, typeof(AuthenticationException))]
    [TestCase(HandshakeFault.OldTls, typeof(AuthenticationException))]
    [TestCase(HandshakeFault.Alert, typeof(AuthenticationException))]
    [TestCase(HandshakeFault.Close, typeof(IOException))]
    [TestCase(HandshakeFault.Reset, typeof(IOException))]
    [TestCase(HandshakeFault.Stall, typeof(TimeoutException))]
    public async Task A_handshake_can_be_spoilt(HandshakeFault fault, Type failure)
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.Handshake(fault));

        await client.HelloAsync();
        await client.SayAsync("STARTTLS");
        Exception spoilt = (await Assert.CatchAsync<Exception>(() => client.HandshakeAsync(Name)))!;
        Assert.That(spoilt, Is.InstanceOf(failure), spoilt.ToString());
        Assert.That(Mx.Sessions.Single().Sni, Is.EqualTo(Name));
    }

    private static TestCaseData Case(
        string name, Func<CertificateSpec, CertificateSpec> spec, SslPolicyErrors errors, X509ChainStatusFlags status = X509ChainStatusFlags.NoError) =>
        new TestCaseData(spec, errors, status).SetArgDisplayNames(name);

    [Test]
    public async Task A_name_that_no_certificate_can_hold_is_the_callers_mistake_at_once()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeMxHost host = internet.MxHost("mx1.example.test");
        Assert.That(() => host.Certificate(c => c.Names("good.test", "x\u202E.test")), Throws.ArgumentException.With.Message.Contains("x\\u202E.test"));
        Assert.That(() => host.Certificate(c => c.Names("good.test", null!)), Throws.ArgumentNullException);
        Assert.That(() => host.Certificate(c => c.AuthorityInformationAccess("http://\u00FC.test/")), Throws.ArgumentException);
        Assert.That(() => host.Certificate(c => c.CrlDistributionPoint("http://\u00FC.test/")), Throws.ArgumentException);
        Assert.That(() => host.Certificate(c => c.Names("nul\0.test", "", " ", "*")), Throws.Nothing);
    }
}
