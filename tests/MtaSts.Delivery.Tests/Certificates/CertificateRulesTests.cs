using System.Formats.Asn1;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Names;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Certificates;

public sealed class CertificateRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 6, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DomainName Host = DomainName.Parse("mx1.example.com");
    private static readonly ECDsa Key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly X509Certificate2 Root = Authority("Test root", null, Now.AddYears(-5), Now.AddYears(5));
    private static readonly X509Certificate2 OtherRoot = Authority("Other root", null, Now.AddYears(-5), Now.AddYears(5));
    private static readonly X509Certificate2 Intermediate = Authority("Test intermediate", Root, Now.AddYears(-2), Now.AddYears(2));
    private static readonly X509Certificate2 ExpiredIntermediate = Authority("Old intermediate", Root, Now.AddYears(-2), Now.AddDays(-1));

    /// <summary>STS-076, TLS-13, TLS-14. RFC 9525 §6.3.</summary>
    [TestCase("mx1.example.com", "mx1.example.com", true)]
    [TestCase("MX1.EXAMPLE.COM", "mx1.example.com", true)]
    [TestCase("*.example.com", "mx1.example.com", true)]
    [TestCase("*.EXAMPLE.com", "mta-sts.example.com", true)]
    [TestCase("*.example.com", "a.b.example.com", false)]
    [TestCase("*.example.com", "mta-sts.mail.example.com", false)]
    [TestCase("*.example.com", "example.com", false)]
    [TestCase("*.example.com", "xexample.com", false)]
    [TestCase("mx*.example.com", "mx1.example.com", false)]
    [TestCase("*1.example.com", "mx1.example.com", false)]
    [TestCase("mta-*.example.com", "mta-sts.example.com", false)]
    [TestCase("mx1.*.com", "mx1.example.com", false)]
    [TestCase("mta-sts.*.com", "mta-sts.example.com", false)]
    [TestCase("*.*.com", "mx1.example.com", false)]
    [TestCase("*.com", "example.com", false)]
    [TestCase("*", "example", false)]
    [TestCase("*.", "example", false)]
    [TestCase("", "example", false)]
    [TestCase("mx1.example.com.", "mx1.example.com", false)]
    [TestCase(".example.com", "mx1.example.com", false)]
    [TestCase("mx1.example.com\0.evil.example", "mx1.example.com", false)]
    [TestCase("mx2.example.com", "mx1.example.com", false)]
    [TestCase("example.com", "mx1.example.com", false)]
    [TestCase("xn--mil-qla.example", "mäil.example", true)]
    [TestCase("mäil.example", "mäil.example", false)]
    public void A_DNS_ID_names_a_host_by_whole_labels(string dnsId, string host, bool names) =>
        Assert.That(CertificateRules.DnsIdNames(dnsId, DomainName.Parse(host)), Is.EqualTo(names));

    /// <summary>TLS-15. RFC 9525 §6.3.</summary>
    [Test]
    public void A_wildcard_names_a_host_with_an_underscore() =>
        Assert.That(CertificateRules.DnsIdNames("*.example.com", DomainName.Parse("mx_1.example.com")), Is.True);

    /// <summary>TLS-10, TLS-19, TLS-24. RFC 8461 §4.2.</summary>
    [Test]
    public void A_good_certificate_has_no_problems() =>
        Assert.Multiple(() =>
        {
            Assert.That(Judge(Leaf(Root)), Is.EqualTo(CertificateProblems.None));
            Assert.That(Judge(Leaf(Root, names: ["*.example.com"])), Is.EqualTo(CertificateProblems.None));
            Assert.That(Judge(Leaf(Root, usage: null)), Is.EqualTo(CertificateProblems.None), "without an extended key usage");
            Assert.That(Judge(Leaf(Intermediate), Intermediate), Is.EqualTo(CertificateProblems.None));
        });

    /// <summary>TLS-10, TLS-24, STS-074. RFC 8461 §4.2.</summary>
    [TestCase(-10, -1, CertificateProblems.Expired)]
    [TestCase(0, 10, CertificateProblems.None)]
    [TestCase(1, 10, CertificateProblems.NotYetValid)]
    public void A_certificate_is_judged_by_the_given_clock(int fromDays, int toDays, CertificateProblems problems) =>
        Assert.That(Judge(Leaf(Root, from: Now.AddDays(fromDays), to: Now.AddDays(toDays))), Is.EqualTo(problems));

    /// <summary>TLS-11, STS-075. RFC 8461 §4.2.</summary>
    [Test]
    public void Only_a_SAN_DNS_ID_counts() =>
        Assert.Multiple(() =>
        {
            Assert.That(Judge(Leaf(Root, subject: "CN=mx1.example.com", names: [])), Is.EqualTo(CertificateProblems.HostMismatch), "common name only");
            Assert.That(Judge(Leaf(Root, subject: "CN=mx1.example.com", names: ["192.0.2.1"])), Is.EqualTo(CertificateProblems.HostMismatch), "IP SAN and common name");
            Assert.That(Judge(Leaf(Root, names: ["mx2.example.com"])), Is.EqualTo(CertificateProblems.HostMismatch));
            Assert.That(Judge(Leaf(Root, names: ["mx2.example.com", "mx1.example.com"])), Is.EqualTo(CertificateProblems.None));
        });

    /// <summary>TLS-12. RFC 8461 §4.2.</summary>
    [TestCase("example.com")]
    [TestCase("mx2.example.com")]
    public void The_reference_name_is_the_host_and_no_other(string name) =>
        Assert.That(Judge(Leaf(Root, names: [name])), Is.EqualTo(CertificateProblems.HostMismatch));

    /// <summary>TLS-13. RFC 9525 §6.3.</summary>
    [Test]
    public void A_malformed_or_doubled_SAN_names_nobody() =>
        Assert.Multiple(() =>
        {
            Assert.That(Judge(Leaf(Root, names: [], extensions: [new X509Extension("2.5.29.17", [0x30, 0x7F, 0x01], false)])).HasFlag(CertificateProblems.HostMismatch), Is.True, "malformed");
            Assert.That(Judge(Leaf(Root, names: [], extensions: [new X509Extension("2.5.29.17", [], false)])).HasFlag(CertificateProblems.HostMismatch), Is.True, "empty");
            Assert.That(Judge(Doubled()).HasFlag(CertificateProblems.HostMismatch), Is.True, "twice");
        });

    /// <summary>TLS-19. RFC 5280 §4.2.1.12.</summary>
    [Test]
    public void A_certificate_for_clients_is_not_for_servers() =>
        Assert.That(Judge(Leaf(Root, usage: "1.3.6.1.5.5.7.3.2")), Is.EqualTo(CertificateProblems.WrongUsage));

    /// <summary>TLS-10, STS-074. RFC 8461 §4.2.</summary>
    [Test]
    public void A_chain_ends_in_a_trusted_root() =>
        Assert.Multiple(() =>
        {
            Assert.That(Judge(Leaf(null)), Is.EqualTo(CertificateProblems.NotTrusted | CertificateProblems.SelfSigned), "self-signed");
            Assert.That(Judge(Leaf(OtherRoot), OtherRoot), Is.EqualTo(CertificateProblems.NotTrusted), "private authority");
            Assert.That(Judge(Leaf(OtherRoot)), Is.EqualTo(CertificateProblems.NotTrusted), "private authority, root not sent");
            Assert.That(Judge(Leaf(Intermediate)), Is.EqualTo(CertificateProblems.NotTrusted), "missing intermediate");
            Assert.That(Judge(Leaf(ExpiredIntermediate, from: Now.AddDays(-10), to: Now.AddDays(10)), ExpiredIntermediate).HasFlag(CertificateProblems.Expired), Is.True, "expired intermediate");
            Assert.That(Judge(Leaf(ExpiredIntermediate, from: Now.AddDays(-10), to: Now.AddDays(-2)), ExpiredIntermediate).HasFlag(CertificateProblems.Expired), Is.True, "both expired");
        });

    [Test]
    public void An_empty_trust_store_trusts_nobody() =>
        Assert.That(CertificateRules.Judge(Leaf(Root), [], Host, [], Now).Problems, Is.EqualTo(CertificateProblems.NotTrusted));

    [Test]
    public void Several_problems_are_told_together() =>
        Assert.That(
            Judge(Leaf(null, names: ["other.example"], from: Now.AddDays(-3), to: Now.AddDays(-2))),
            Is.EqualTo(CertificateProblems.NotTrusted | CertificateProblems.SelfSigned | CertificateProblems.Expired | CertificateProblems.HostMismatch));

    /// <summary>TLS-10. RFC 5280 §6.1.</summary>
    [Test]
    public void What_else_is_wrong_with_a_chain_makes_it_invalid() =>
        Assert.Multiple(() =>
        {
            Assert.That(Judge(Leaf(Root, extensions: [new X509Extension("1.2.3.4", [5, 0], true)])), Is.EqualTo(CertificateProblems.Invalid), "an unknown critical extension");
            using var chain = new X509Chain();
            Assert.That(CertificateRules.Judge(Leaf(Root), chain, Host, Now).Problems, Is.EqualTo(CertificateProblems.Invalid), "a chain that was not built");
        });

    [Test]
    public void No_DNS_ID_names_an_address_literal()
    {
        X509Certificate2 leaf = Leaf(Root, names: ["192.0.2.1", "mx1.example.com"]);
        using var chain = new X509Chain { ChainPolicy = CertificateRules.ChainPolicy([Root], Now) };
        chain.Build(leaf);
        Assert.That(CertificateRules.Judge(leaf, chain, null, Now).Problems, Is.EqualTo(CertificateProblems.HostMismatch));
    }

    [Test]
    public void The_findings_tell_what_the_certificate_shows()
    {
        X509Certificate2 leaf = Leaf(Root, names: [.. Enumerable.Range(0, 200).Select(i => $"mx{i}.example.com")]);
        CertificateFindings findings = CertificateRules.Judge(leaf, [], Host, [Root], Now);
        Assert.That(findings.DnsNames, Is.EqualTo(Enumerable.Range(0, 100).Select(i => $"mx{i}.example.com")));
        Assert.That(findings.Issuer, Is.EqualTo("CN=Test root"));
        Assert.That(findings.NotAfter, Is.EqualTo(Now.AddDays(10)));
        Assert.That(findings.Sha256Thumbprint, Has.Length.EqualTo(64));
        Assert.That(findings.ChainStatus, Is.Empty);
        Assert.That(CertificateRules.Judge(Leaf(null), [], Host, [Root], Now).ChainStatus, Does.Contain("UntrustedRoot"));
    }

    /// <summary>TLS-20. RFC 8461 §4.2.</summary>
    [Test]
    public void Nothing_is_fetched_because_a_certificate_says_so()
    {
        X509ChainPolicy policy = CertificateRules.ChainPolicy(null, Now);
        Assert.That(policy.DisableCertificateDownloads, Is.True);
        Assert.That(policy.RevocationMode, Is.EqualTo(X509RevocationMode.NoCheck));
    }

    [OneTimeTearDown]
    public void Dispose_of_the_authorities()
    {
        Key.Dispose();
        Root.Dispose();
        OtherRoot.Dispose();
        Intermediate.Dispose();
        ExpiredIntermediate.Dispose();
    }

    /// <summary>TLS-10. Found by the fuzzer: the platform throws where it cannot read a key or a date.</summary>
    [TestCase("481580ae1d74f1f1")]
    [TestCase("773cf8c875ed83b1")]
    public void A_certificate_that_cannot_be_read_is_invalid(string vector)
    {
        using X509Certificate2 broken = X509CertificateLoader.LoadCertificate(File.ReadAllBytes(Repository.PathTo("tests", "vectors", "fuzz", "certificate", vector)));
        Assert.That(Judge(broken).HasFlag(CertificateProblems.Invalid), Is.True);
    }

    private static CertificateProblems Judge(X509Certificate2 leaf, params X509Certificate2[] sent) => CertificateRules.Judge(leaf, [.. sent], Host, [Root], Now).Problems;

    private static X509Certificate2 Authority(string name, X509Certificate2? issuer, DateTimeOffset from, DateTimeOffset to)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + name, key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return issuer is null ? request.CreateSelfSigned(from, to) : request.Create(issuer, from, to, RandomNumberGenerator.GetBytes(8)).CopyWithPrivateKey(key);
    }

    private static X509Certificate2 Leaf(
        X509Certificate2? issuer, string subject = "CN=leaf", string[]? names = null, DateTimeOffset? from = null, DateTimeOffset? to = null,
        string? usage = "1.3.6.1.5.5.7.3.1", X509Extension[]? extensions = null)
    {
        var request = new CertificateRequest(subject, Key, HashAlgorithmName.SHA256);
        if (usage is not null)
        {
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        }

        if (names is not { Length: 0 })
        {
            var san = new SubjectAlternativeNameBuilder();
            foreach (string name in names ?? ["mx1.example.com"])
            {
                if (IPAddress.TryParse(name, out IPAddress? address))
                {
                    san.AddIpAddress(address);
                }
                else
                {
                    san.AddDnsName(name);
                }
            }

            request.CertificateExtensions.Add(san.Build());
        }

        foreach (X509Extension extension in extensions ?? [])
        {
            request.CertificateExtensions.Add(extension);
        }

        DateTimeOffset begin = from ?? Now.AddDays(-10), end = to ?? Now.AddDays(10);
        return issuer is null ? request.CreateSelfSigned(begin, end) : request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuer.GetECDsaPrivateKey()!), begin, end, RandomNumberGenerator.GetBytes(8));
    }

    // CertificateRequest refuses two extensions of a kind, so one of another kind is turned into a second SAN and the whole signed again.
    private static X509Certificate2 Doubled()
    {
        var san = new SubjectAlternativeNameBuilder();
        san.AddDnsName("mx1.example.com");
        var placeholder = new X509Extension("2.5.29.99", san.Build().RawData, false);
        byte[] whole = Leaf(Root, extensions: [placeholder]).RawData;
        ReadOnlySpan<byte> from = [0x06, 0x03, 0x55, 0x1D, 99];
        int at = whole.AsSpan().IndexOf(from);
        whole[at + 4] = 17;
        AsnReader certificate = new AsnReader(whole, AsnEncodingRules.DER).ReadSequence();
        byte[] toSign = certificate.ReadEncodedValue().ToArray(), algorithm = certificate.ReadEncodedValue().ToArray();
        var writer = new AsnWriter(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteEncodedValue(toSign);
            writer.WriteEncodedValue(algorithm);
            using ECDsa key = Root.GetECDsaPrivateKey()!;
            writer.WriteBitString(key.SignData(toSign, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        }

        return X509CertificateLoader.LoadCertificate(writer.Encode());
    }
}
