using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <remarks>Where nothing else is said the MX host has no STARTTLS: mail that is deferred shows that the policy was applied, mail in clear that there was none.</remarks>
public sealed class PolicyFetchTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string PolicyHostName = "mta-sts.example.test";
    private const string PolicyPath = "/.well-known/mta-sts.txt";

    /// <summary>STS-070, STS-078. RFC 8461 §3.2, §7.1.</summary>
    [Test]
    public async Task One_GET_goes_to_the_policy_host_over_HTTPS()
    {
        await using FakeInternet internet = await StartAsync();
        FakePolicyHost host = internet.Domain("example.test").PolicyHost;

        PolicyDiscovery discovery = await ApplyAsync(internet);

        Assert.That(discovery.Source, Is.EqualTo(PolicySource.Fetched));
        PolicyRequest request = host.Requests.Single();
        Assert.That((request.Method, request.Target, request.Headers["Host"], request.Sni), Is.EqualTo(("GET", PolicyPath, PolicyHostName, PolicyHostName)));
        Assert.That(internet.Connections.Select(connection => connection.EndPoint.Port), Is.EquivalentTo(new[] { 443, 25 }));
    }

    /// <summary>STS-070. Not even when HTTPS is closed.</summary>
    [Test]
    public async Task Port_80_is_never_tried()
    {
        await using FakeInternet internet = await StartAsync();
        internet.Domain("example.test").PolicyHost.Down();

        PolicyDiscovery discovery = await ApplyAsync(internet);

        Assert.That(discovery.Fault!.Kind, Is.EqualTo(PolicyFaultKind.ConnectFailed));
        Assert.That(internet.Connections.Select(connection => connection.EndPoint.Port), Is.EquivalentTo(new[] { 443, 25 }));
    }

    /// <summary>STS-071. RFC 8461 §3.3.</summary>
    [TestCase(201)]
    [TestCase(202)]
    [TestCase(203)]
    [TestCase(204)]
    [TestCase(206)]
    [TestCase(299)]
    [TestCase(304)]
    [TestCase(400)]
    [TestCase(401)]
    [TestCase(403)]
    [TestCase(404)]
    [TestCase(407)]
    [TestCase(410)]
    [TestCase(429)]
    [TestCase(500)]
    [TestCase(503)]
    public async Task Only_status_200_is_a_policy(int status)
    {
        await using FakeInternet internet = await StartAsync();
        FakePolicyHost host = internet.Domain("example.test").PolicyHost.Status(status);

        PolicyDiscovery discovery = await ApplyAsync(internet);

        AssertFault(discovery, PolicyFaultKind.HttpStatus);
        Assert.That(discovery.Fault!.Detail, Does.Contain($"{status}"));
        Assert.That(host.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>STS-071. RFC 8461 §3.3, RFC 8297.</summary>
    [Test]
    public async Task An_interim_response_before_status_200_does_no_harm()
    {
        await using FakeInternet internet = await StartAsync();
        internet.Domain("example.test").PolicyHost.EarlyHints();

        Assert.That(await ApplyAsync(internet), Has.Property("Mode").EqualTo(PolicyMode.Enforce));
    }

    /// <summary>STS-072. RFC 8461 §3.3.</summary>
    [Test]
    public async Task Redirects_are_never_followed(
        [Values(300, 301, 302, 303, 307, 308)] int status,
        [Values("https://mta-sts.example.test/other.txt", "https://mta-sts.elsewhere.test/.well-known/mta-sts.txt", "http://mta-sts.elsewhere.test/.well-known/mta-sts.txt", "/policy.txt")] string location)
    {
        await using FakeInternet internet = await StartAsync();
        FakePolicyHost target = internet.Enforcing("elsewhere.test").PolicyHost;
        FakePolicyHost host = internet.Domain("example.test").PolicyHost.Redirect(status, location);

        PolicyDiscovery discovery = await ApplyAsync(internet);

        AssertFault(discovery, PolicyFaultKind.HttpStatus);
        Assert.That(host.Requests, Has.Count.EqualTo(1));
        Assert.That(target.Requests, Is.Empty);
        Assert.That(internet.Connections.Select(connection => connection.EndPoint.Address), Has.None.EqualTo(target.Addresses[0]));
    }

    /// <summary>STS-073. RFC 8461 §3.3.</summary>
    [Test]
    public async Task HTTP_caching_is_not_used()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test");
        domain.PolicyHost.Header("Cache-Control", "public, max-age=31536000, immutable").Header("ETag", "\"1\"").Header("Last-Modified", "Thu, 01 Jan 2026 00:00:00 GMT").Header("Expires", "Fri, 01 Jan 2027 00:00:00 GMT");
        await using MailDeliverer deliverer = internet.Deliverer();

        await deliverer.SendAsync();
        domain.Policy(PolicyMode.Testing, "mx1.example.test");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent second = await deliverer.SendAsync();

        Assert.That(second.Policy.Mode, Is.EqualTo(PolicyMode.Testing));
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(2));
        Assert.That(domain.PolicyHost.Requests[1].Headers.Keys.Where(name => name.StartsWith("If-", StringComparison.OrdinalIgnoreCase)), Is.Empty);
    }

    private static readonly TestCaseData[] BadCertificates =
    [
        Certificate("self-signed", c => c.SelfSigned()),
        Certificate("unknown authority", c => c.UntrustedAuthority()),
        Certificate("expired", c => c.Expired()),
        Certificate("not yet valid", c => c.NotYetValid()),
        Certificate("missing intermediate", c => c.WithoutIntermediate()),
        Certificate("expired intermediate", c => c.ExpiredIntermediate()),
        Certificate("wrong usage", c => c.ClientAuthOnly()),
        Certificate("another name", c => c.Names("mta-sts.other.test").CommonName("mta-sts.other.test")),
        Certificate("the recipient's domain", c => c.Names("example.test")),
        Certificate("the MX host", c => c.Names("mx1.example.test")),
    ];

    /// <summary>STS-074. RFC 8461 §3.3.</summary>
    [TestCaseSource(nameof(BadCertificates))]
    public async Task A_policy_host_without_a_valid_certificate_publishes_nothing(Func<CertificateSpec, CertificateSpec> certificate)
    {
        await using FakeInternet internet = await StartAsync();
        FakePolicyHost host = internet.Domain("example.test").PolicyHost.Certificate(certificate);

        PolicyDiscovery discovery = await ApplyAsync(internet);

        AssertFault(discovery, PolicyFaultKind.CertificateInvalid);
        Assert.That(FailureTable.For(FailureTable.CodeOf(discovery.Fault!.Kind)!.Value).ReportAs, Is.EqualTo("sts-webpki-invalid"));
        Assert.That(host.Requests, Is.Empty);
    }

    /// <summary>STS-074. RFC 8461 §3.3.</summary>
    [Test]
    public async Task A_certificate_of_an_intermediate_authority_that_is_sent_along_will_do()
    {
        await using FakeInternet internet = await StartAsync();
        internet.Domain("example.test").PolicyHost.Certificate(c => c.WithIntermediate());

        Assert.That(await ApplyAsync(internet), Has.Property("Mode").EqualTo(PolicyMode.Enforce));
    }

    /// <summary>STS-074. The clock that is passed in decides, to the second.</summary>
    [TestCase(-1, true)]
    [TestCase(1, false)]
    public async Task A_certificate_ends_by_the_clock(int secondsAfterItsEnd, bool isValid)
    {
        await using FakeInternet internet = await StartAsync();
        DateTimeOffset end = internet.Clock.GetUtcNow().AddDays(3);
        internet.Domain("example.test").PolicyHost.Certificate(c => c.ValidTo(end));
        internet.Clock.Advance(TimeSpan.FromDays(3) + TimeSpan.FromSeconds(secondsAfterItsEnd));

        PolicyDiscovery discovery = await ApplyAsync(internet);

        Assert.That(discovery.Fault?.Kind, Is.EqualTo(isValid ? null : PolicyFaultKind.CertificateInvalid));
    }

    /// <summary>STS-075. RFC 8461 §3.3.</summary>
    [TestCase("only a common name")]
    [TestCase("only an IP address beside it")]
    [TestCase("malformed names")]
    public async Task A_common_name_does_not_count(string names)
    {
        await using FakeInternet internet = await StartAsync();
        FakePolicyHost host = internet.Domain("example.test").PolicyHost;
        host.Certificate(c => names switch
        {
            "only a common name" => c.CommonName(PolicyHostName).CommonNameOnly(),
            "malformed names" => c.CommonName(PolicyHostName).MalformedSan(),
            _ => c.CommonName(PolicyHostName).IpAddress(host.Addresses[0]),
        });

        AssertFault(await ApplyAsync(internet), PolicyFaultKind.CertificateInvalid);
    }

    /// <summary>STS-076. RFC 8461 §3.3, RFC 9525 §6.3.</summary>
    [TestCase("example.test", "*.example.test", true)]
    [TestCase("example.test", "*.EXAMPLE.Test", true)]
    [TestCase("example.test", "MTA-STS.example.test", true)]
    [TestCase("mail.example.test", "*.example.test", false)]
    [TestCase("mail.example.test", "*.mail.example.test", true)]
    [TestCase("example.test", "mta-*.example.test", false)]
    [TestCase("example.test", "*-sts.example.test", false)]
    [TestCase("example.test", "mta-sts.*.test", false)]
    [TestCase("example.test", "*.*.test", false)]
    [TestCase("example.test", "*.test", false)]
    [TestCase("example.test", "*", false)]
    public async Task A_wildcard_in_a_certificate_stands_for_the_whole_leftmost_label(string domain, string name, bool isValid)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing(domain).PolicyHost.Certificate(c => c.Names(name));
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync($"b@{domain}");

        Assert.That(sent.Policy.Fault?.Kind, Is.EqualTo(isValid ? null : PolicyFaultKind.CertificateInvalid));
        Assert.That(sent.Policy.Mode, Is.EqualTo(isValid ? PolicyMode.Enforce : PolicyMode.None));
    }

    /// <summary>STS-077, STS-078. RFC 8461 §8.2.</summary>
    [TestCase("mta-sts.provider.test", false)]
    [TestCase(PolicyHostName, true)]
    public async Task The_certificate_names_the_policy_host_also_when_that_is_an_alias(string name, bool isValid)
    {
        await using FakeInternet internet = await StartAsync();
        FakePolicyHost host = internet.Domain("example.test").PolicyHost.Cname("mta-sts.provider.test").Certificate(c => c.Names(name));

        PolicyDiscovery discovery = await ApplyAsync(internet);

        Assert.That(discovery.Fault?.Kind, Is.EqualTo(isValid ? null : PolicyFaultKind.CertificateInvalid));
        Assert.That(host.Requests.Select(request => (request.Headers["Host"], request.Sni)), Is.EqualTo(isValid ? new[] { (PolicyHostName, PolicyHostName) } : []));
    }

    /// <summary>STS-079. RFC 8461 §7.2.</summary>
    [TestCase(SslProtocols.Tls12)]
    [TestCase(SslProtocols.Tls13)]
    public async Task TLS_1_2_and_newer_will_do(SslProtocols version)
    {
        await using FakeInternet internet = await StartAsync();
        internet.Domain("example.test").PolicyHost.TlsVersions(version);

        Assert.That(await ApplyAsync(internet), Has.Property("Mode").EqualTo(PolicyMode.Enforce));
    }

    /// <summary>STS-079. RFC 8461 §7.2.</summary>
    [Test]
    public async Task TLS_1_1_will_not_do()
    {
        await using FakeInternet internet = await StartAsync();
        internet.Domain("example.test").PolicyHost.Handshake(HandshakeFault.OldTls);

        AssertFault(await ApplyAsync(internet), PolicyFaultKind.TlsFailed);
    }

    /// <summary>STS-080. Revocation is not asked, and no URL in a certificate is followed.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task The_URLs_in_a_certificate_are_not_followed(bool hasIntermediate)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        string uri = $"http://{listener.LocalEndpoint}/file";
        await using FakeInternet internet = await StartAsync();
        internet.Domain("example.test").PolicyHost.Certificate(c =>
            (hasIntermediate ? c.WithIntermediate() : c.WithoutIntermediate()).CrlDistributionPoint(uri).AuthorityInformationAccess(uri));

        PolicyDiscovery discovery = await ApplyAsync(internet);

        Assert.That(discovery.Fault?.Kind, Is.EqualTo(hasIntermediate ? null : PolicyFaultKind.CertificateInvalid));
        Assert.That(listener.Pending(), Is.False);
    }

    /// <summary>STS-081. RFC 8461 §3.2.</summary>
    [TestCase("text/plain", true)]
    [TestCase("Text/Plain; charset=UTF-8; foo=bar", true)]
    [TestCase("text/plain; charset=iso-8859-1", true)]
    [TestCase("text/html", false)]
    [TestCase("application/octet-stream", false)]
    [TestCase("text/markdown", false)]
    [TestCase("text/plainer", false)]
    [TestCase("text", false)]
    [TestCase("", false)]
    [TestCase(null, false)]
    public async Task A_policy_is_text_plain(string? mediaType, bool isValid)
    {
        await using FakeInternet internet = await StartAsync();
        internet.Domain("example.test").PolicyHost.ContentType(mediaType);

        PolicyDiscovery discovery = await ApplyAsync(internet);

        Assert.That(discovery.Fault?.Kind, Is.EqualTo(isValid ? null : PolicyFaultKind.MediaType));
    }

    private static readonly TestCaseData[] SlowHosts =
    [
        Slow("body, an octet at a time", (internet, host) => host.Drip(TimeSpan.FromSeconds(5))),
        Slow("no response", (internet, host) => host.Stall()),
        Slow("no handshake", (internet, host) => host.Handshake(HandshakeFault.Stall)),
        Slow("late address, then no handshake", (internet, host) => { internet.Dns.Delay(host.Name, TimeSpan.FromSeconds(4)); host.Handshake(HandshakeFault.Stall); }),
        Slow("late address, then a slow body", (internet, host) => { internet.Dns.Delay(host.Name, TimeSpan.FromSeconds(4)); host.Drip(TimeSpan.FromSeconds(5)); }),
    ];

    /// <summary>STS-082, STS-093. RFC 8461 §3.3: one minute from the address look-up to the last octet, and the first message waits for it.</summary>
    [TestCaseSource(nameof(SlowHosts))]
    public async Task A_fetch_ends_within_its_limit_wherever_it_hangs(Action<FakeInternet, FakePolicyHost> slow)
    {
        await using FakeInternet internet = await StartAsync();
        slow(internet, internet.Domain("example.test").PolicyHost);
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        AssertFault(sent.Policy, PolicyFaultKind.Timeout);
        Assert.That(sent.Delivered, Is.Not.Null);
        Assert.That(sent.Line.LookupElapsed, Is.InRange(TimeSpan.FromSeconds(59), TimeSpan.FromSeconds(62)));
    }

    /// <summary>STS-082. The limit is an option.</summary>
    [Test]
    public async Task A_shorter_limit_ends_a_fetch_sooner()
    {
        await using FakeInternet internet = await StartAsync();
        internet.Domain("example.test").PolicyHost.Drip(TimeSpan.FromSeconds(1));
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Policies.FetchTimeout = TimeSpan.FromSeconds(10));

        Sent sent = await deliverer.SendAsync();

        AssertFault(sent.Policy, PolicyFaultKind.Timeout);
        Assert.That(sent.Line.LookupElapsed, Is.InRange(TimeSpan.FromSeconds(9), TimeSpan.FromSeconds(12)));
    }

    /// <summary>STS-093. A slow host delays mail, and no longer than it must.</summary>
    [Test]
    public async Task A_host_that_answers_slowly_but_in_time_is_waited_for()
    {
        await using FakeInternet internet = await StartAsync();
        internet.Domain("example.test").PolicyHost.Drip(TimeSpan.FromMilliseconds(300));

        Assert.That(await ApplyAsync(internet), Has.Property("Source").EqualTo(PolicySource.Fetched));
    }

    /// <summary>STS-083. RFC 8461 §3.3.</summary>
    [TestCase(65535, false, true)]
    [TestCase(65536, false, true)]
    [TestCase(65537, false, false)]
    [TestCase(65536, true, true)]
    [TestCase(65537, true, false)]
    [TestCase(1_000_000, true, false)]
    public async Task A_policy_of_more_than_64_KiB_is_none(int length, bool isChunked, bool isValid)
    {
        await using FakeInternet internet = await StartAsync();
        FakePolicyHost host = internet.Domain("example.test").PolicyText(PolicyOfLength(length)).PolicyHost;
        if (isChunked)
        {
            host.Chunked();
        }

        PolicyDiscovery discovery = await ApplyAsync(internet);

        Assert.That(discovery.Fault?.Kind, Is.EqualTo(isValid ? null : PolicyFaultKind.TooLarge));
    }

    /// <summary>STS-084. A policy that was cut short is none: a shorter text may say something else.</summary>
    [TestCase("Content-Length", 60, PolicyFaultKind.HttpProtocol)]
    [TestCase("Content-Length", 0, PolicyFaultKind.HttpProtocol)]
    [TestCase("chunked", 60, PolicyFaultKind.HttpProtocol)]
    [TestCase("chunked", 10_000, PolicyFaultKind.HttpProtocol)]
    [TestCase("neither", 10_000, PolicyFaultKind.HttpProtocol)]
    [TestCase("neither", -1, PolicyFaultKind.HttpProtocol)]
    public async Task A_body_that_was_cut_short_is_no_policy(string framing, int cutAfter, PolicyFaultKind fault)
    {
        await using FakeInternet internet = await StartAsync();
        FakePolicyHost host = internet.Domain("example.test").PolicyHost;
        _ = framing switch { "chunked" => host.Chunked(), "neither" => host.Unframed(), _ => host };
        _ = cutAfter < 0 ? host : host.CutAfter(cutAfter);

        AssertFault(await ApplyAsync(internet), fault);
    }

    /// <summary>STS-085. No coding is offered, so none is accepted.</summary>
    [TestCase("gzip", 100)]
    [TestCase("gzip", 20_000_000)]
    [TestCase("br", 100)]
    [TestCase("identity-ish", 100)]
    public async Task An_encoded_policy_is_none(string coding, int padding)
    {
        await using FakeInternet internet = await StartAsync();
        FakePolicyHost host = internet.Domain("example.test").PolicyText(PolicyOfLength(padding)).PolicyHost.Encoding(coding);

        AssertFault(await ApplyAsync(internet), PolicyFaultKind.HttpProtocol);

        Assert.That(host.Requests.Single().Headers, Does.Not.ContainKey("Accept-Encoding"));
    }

    /// <summary>STS-086. No cookies, credentials, trace ids or client certificate, and no proxy from the environment (the one that is set is not there).</summary>
    [Test]
    public async Task A_request_carries_nothing_but_the_host()
    {
        using var activity = new System.Diagnostics.Activity("caller").Start();
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test");
        domain.PolicyHost.Header("Set-Cookie", "tracked=yes; Path=/; Max-Age=1000000");
        await using MailDeliverer deliverer = internet.Deliverer();

        await deliverer.SendAsync();
        domain.Policy(PolicyMode.Testing, "mx1.example.test");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        await deliverer.SendAsync();

        Assert.That(Environment.GetEnvironmentVariable("HTTPS_PROXY"), Is.Not.Null);
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(2));
        Assert.That(domain.PolicyHost.Requests.SelectMany(request => request.Headers.Keys), Is.EqualTo(new[] { "Host", "Host" }));
    }

    /// <summary>STS-087. The recipient chooses the address, so it must be a public one.</summary>
    [TestCase("127.0.0.1")]
    [TestCase("127.8.9.10")]
    [TestCase("10.0.0.1")]
    [TestCase("172.16.0.1")]
    [TestCase("172.31.255.255")]
    [TestCase("192.168.1.1")]
    [TestCase("169.254.169.254")]
    [TestCase("100.64.0.1")]
    [TestCase("0.0.0.0")]
    [TestCase("255.255.255.255")]
    [TestCase("224.0.0.1")]
    [TestCase("::1")]
    [TestCase("::")]
    [TestCase("fe80::1")]
    [TestCase("fc00::1")]
    [TestCase("fdff::1")]
    [TestCase("::ffff:10.0.0.1")]
    [TestCase("::ffff:127.0.0.1")]
    [TestCase("64:ff9b::a00:1")]
    [TestCase("2002:a00:1::1")]
    public async Task A_policy_host_at_an_address_that_is_not_public_is_not_connected_to(string address)
    {
        await using FakeInternet internet = await StartAsync();
        FakePolicyHost host = internet.Domain("example.test").PolicyHost.Address(IPAddress.Parse(address));
        await using MailDeliverer deliverer = internet.Deliverer();
        await using MailDeliverer trusting = internet.Deliverer(options => options.Network.AllowPrivateAddresses = true);

        Sent refused = await deliverer.SendAsync();
        int connectionsTo443 = internet.Connections.Count(connection => connection.EndPoint.Port == 443);
        Sent allowed = await trusting.SendAsync();

        AssertFault(refused.Policy, PolicyFaultKind.HostForbidden);
        Assert.That(connectionsTo443, Is.Zero);
        Assert.That(allowed.Policy.Mode, Is.EqualTo(PolicyMode.Enforce));
        Assert.That(host.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>STS-087. What is judged is the address that is connected to, each time.</summary>
    [Test]
    public async Task A_policy_host_that_moves_to_a_private_address_is_not_followed()
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        await deliverer.SendAsync();
        domain.PolicyHost.Address(IPAddress.Parse("10.0.0.1"));
        domain.Policy(PolicyMode.None);
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent moved = await deliverer.SendAsync();

        Assert.That(moved.Policy.Fault!.Kind, Is.EqualTo(PolicyFaultKind.HostForbidden));
        Assert.That(moved.Policy.Mode, Is.EqualTo(PolicyMode.Enforce));
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>STS-087. Among several addresses only the public ones count.</summary>
    [Test]
    public async Task A_private_address_beside_a_public_one_is_passed_over()
    {
        await using FakeInternet internet = await StartAsync();
        FakePolicyHost host = internet.Domain("example.test").PolicyHost;
        IPAddress good = host.Addresses[0];
        var bad = IPAddress.Parse("127.0.0.1");
        internet.Dns.Custom(host.Name, DnsRecordType.A, _ => DnsReply.Address(host.Name, bad, good));

        PolicyDiscovery discovery = await ApplyAsync(internet);

        Assert.That(discovery.Mode, Is.EqualTo(PolicyMode.Enforce));
        Assert.That(internet.Connections.Select(connection => connection.EndPoint), Has.None.EqualTo(new IPEndPoint(bad, 443)));
    }

    /// <summary>STS-088. RFC 8461 §3.3.</summary>
    [Test]
    public async Task After_a_failed_fetch_there_are_five_minutes_of_silence()
    {
        await using FakeInternet internet = await StartAsync();
        internet.PumpsClock = false;
        FakePolicyHost host = internet.Domain("example.test").PolicyHost.Status(500);
        internet.Dns.Ttl("_mta-sts.example.test", DnsRecordType.Txt, TimeSpan.FromSeconds(1));
        await using MailDeliverer deliverer = internet.Deliverer();

        for (int i = 0; i < 100; i++)
        {
            Sent sent = await deliverer.SendAsync();
            AssertFault(sent.Policy, PolicyFaultKind.HttpStatus);
            internet.Clock.Advance(TimeSpan.FromSeconds(2.4));
        }

        Assert.That(host.Requests, Has.Count.EqualTo(1));
        host.Healthy();
        internet.Clock.Advance(TimeSpan.FromSeconds(59));
        await deliverer.SendAsync();
        Assert.That(host.Requests, Has.Count.EqualTo(1), "one second before the five minutes are over");
        internet.Clock.Advance(TimeSpan.FromSeconds(1));
        Sent after = await deliverer.SendAsync();
        Assert.That(host.Requests, Has.Count.EqualTo(2), "five minutes later");
        Assert.That(after.Policy.Mode, Is.EqualTo(PolicyMode.Enforce));
    }

    /// <summary>STS-088. A failure again begins the silence anew.</summary>
    [Test]
    public async Task Each_failed_fetch_is_followed_by_silence()
    {
        await using FakeInternet internet = await StartAsync();
        internet.PumpsClock = false;
        FakePolicyHost host = internet.Domain("example.test").PolicyHost.Status(404);
        await using MailDeliverer deliverer = internet.Deliverer();

        for (int minute = 0; minute < 21; minute++)
        {
            await deliverer.SendAsync();
            internet.Clock.Advance(TimeSpan.FromMinutes(1));
        }

        Assert.That(host.Requests.Select(request => (request.Time - host.Requests[0].Time).TotalMinutes), Is.EqualTo(new[] { 0, 5, 10, 15, 20 }));
    }

    /// <summary>STS-089. RFC 8461 §3.3.</summary>
    [Test]
    public async Task A_new_id_lifts_the_silence()
    {
        await using FakeInternet internet = await StartAsync();
        internet.PumpsClock = false;
        FakeDomain domain = internet.Domain("example.test").PolicyId("a");
        domain.PolicyHost.Status(500);
        internet.Dns.Ttl("_mta-sts.example.test", DnsRecordType.Txt, TimeSpan.FromSeconds(30));
        await using MailDeliverer deliverer = internet.Deliverer();

        await deliverer.SendAsync();
        domain.PolicyHost.Healthy();
        domain.PolicyId("b");
        internet.Clock.Advance(TimeSpan.FromMinutes(1));
        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Policy.InForce, Is.Not.Null.And.Property("Id").EqualTo("b"));
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(2));
    }

    /// <summary>STS-088, STS-089. An id whose fetch failed is not new again because another one came between.</summary>
    [Test]
    public async Task Ids_that_alternate_do_not_lift_each_others_silence()
    {
        await using FakeInternet internet = await StartAsync();
        internet.PumpsClock = false;
        FakeDomain domain = internet.Domain("example.test");
        domain.PolicyHost.Status(500);
        internet.Dns.Ttl("_mta-sts.example.test", DnsRecordType.Txt, TimeSpan.FromSeconds(1));
        await using MailDeliverer deliverer = internet.Deliverer();

        for (int i = 0; i < 20; i++)
        {
            domain.PolicyId(i % 2 == 0 ? "a" : "b");
            await deliverer.SendAsync();
            internet.Clock.Advance(TimeSpan.FromSeconds(10));
        }

        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(2));
    }

    private static readonly TestCaseData[] BrokenHosts =
    [
        Broken("no address", PolicyFaultKind.HostNotResolved, (internet, host) => internet.Dns.NxDomain(host.Name)),
        Broken("SERVFAIL", PolicyFaultKind.HostNotResolved, (internet, host) => internet.Dns.ServFail(host.Name)),
        Broken("DNS silent", PolicyFaultKind.HostNotResolved, (internet, host) => internet.Dns.Silent(host.Name)),
        Broken("down", PolicyFaultKind.ConnectFailed, (_, host) => host.Down()),
        Broken("reset", PolicyFaultKind.HttpProtocol, (_, host) => host.Reset()),
        Broken("closed", PolicyFaultKind.HttpProtocol, (_, host) => host.Close()),
        Broken("no HTTP", PolicyFaultKind.HttpProtocol, (_, host) => host.Garbage()),
        Broken("huge header fields", PolicyFaultKind.HttpProtocol, (_, host) => host.HugeHeaders()),
        Broken("handshake garbage", PolicyFaultKind.TlsFailed, (_, host) => host.Handshake(HandshakeFault.Garbage)),
        Broken("handshake closed", PolicyFaultKind.TlsFailed, (_, host) => host.Handshake(HandshakeFault.Close)),
        Broken("handshake reset", PolicyFaultKind.TlsFailed, (_, host) => host.Handshake(HandshakeFault.Reset)),
        Broken("handshake alert", PolicyFaultKind.TlsFailed, (_, host) => host.Handshake(HandshakeFault.Alert)),
        Broken("text of another kind", PolicyFaultKind.PolicyInvalid, (_, host) => host.Body("<html>Welcome</html>"u8.ToArray())),
        Broken("empty text", PolicyFaultKind.PolicyInvalid, (_, host) => host.Body([])),
    ];

    /// <summary>STS-090, STS-094, STS-133. RFC 8461 §3.3, §6.</summary>
    [TestCaseSource(nameof(BrokenHosts))]
    public async Task Without_a_policy_to_be_had_mail_goes_as_if_there_were_none(PolicyFaultKind fault, Action<FakeInternet, FakePolicyHost> breakIt)
    {
        await using FakeInternet internet = await StartAsync();
        breakIt(internet, internet.Domain("example.test").PolicyHost);
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        AssertFault(sent.Policy, fault);
        Assert.That(sent.Policy.Record, Is.InstanceOf<RecordLookup.Found>());
        Assert.That(sent.Delivered, Is.Not.Null);
        Assert.That(FailureTable.For(FailureTable.CodeOf(fault)!.Value).ReportAs, Is.EqualTo(fault == PolicyFaultKind.PolicyInvalid ? "sts-policy-invalid" : "sts-policy-fetch-error"));
        internet.Messages.Single().AssertTextArrived();
    }

    /// <summary>STS-091, STS-133. RFC 8461 §3.3, §6.</summary>
    [TestCaseSource(nameof(BrokenHosts))]
    public async Task With_DNS_or_HTTPS_dead_a_cached_policy_is_applied(PolicyFaultKind fault, Action<FakeInternet, FakePolicyHost> breakIt)
    {
        await using FakeInternet internet = await StartAsync();
        FakeDomain domain = internet.Domain("example.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent first = await deliverer.SendAsync();
        breakIt(internet, domain.PolicyHost);
        domain.PolicyId("changed");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent changed = await deliverer.SendAsync();
        internet.Dns.ServFail("_mta-sts.example.test");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent dead = await deliverer.SendAsync();

        Assert.That((first.Deferred, changed.Deferred, dead.Deferred), Is.EqualTo(((FailureCode?)FailureCode.StartTlsNotOffered, (FailureCode?)FailureCode.StartTlsNotOffered, (FailureCode?)FailureCode.StartTlsNotOffered)));
        Assert.That((changed.Policy.Fault!.Kind, dead.Policy.Fault!.Kind), Is.EqualTo((fault, PolicyFaultKind.RecordUnavailable)));
        Assert.That(dead.Policy.InForce, Is.EqualTo(first.Policy.InForce));
        Assert.That(internet.Messages, Is.Empty);
    }

    /// <summary>STS-092. One look-up and one fetch for all who ask at once.</summary>
    [Test]
    public async Task Two_hundred_deliveries_to_a_cold_domain_share_one_lookup_and_one_fetch()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Enforcing();
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent[] sent = await Task.WhenAll(Enumerable.Range(0, 200).Select(i => deliverer.SendAsync($"b{i}@example.test")));

        Assert.That(sent.Select(one => one.Delivered?.IsVerified), Is.All.True);
        Assert.That(internet.RecordsAskedFor(), Has.Length.EqualTo(1));
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(1));
        Assert.That(internet.Messages, Has.Count.EqualTo(200));
    }

    /// <summary>STS-092. Failure is shared as well.</summary>
    [Test]
    public async Task Deliveries_at_once_share_a_failed_fetch()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Enforcing();
        domain.PolicyHost.Status(503);
        internet.Dns.Ttl("_mta-sts.example.test", DnsRecordType.Txt, TimeSpan.Zero);
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent[] sent = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => deliverer.SendAsync($"b{i}@example.test")));

        Assert.That(sent.Select(one => one.Policy.Fault?.Kind), Is.All.EqualTo(PolicyFaultKind.HttpStatus));
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>STS-092. Who cancels leaves; the others stay.</summary>
    [Test]
    public async Task Cancelling_the_first_caller_does_not_cancel_the_others()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Enforcing();
        using var released = new ManualResetEventSlim();
        var asked = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        FakePolicyHost host = domain.PolicyHost;
        IPAddress address = host.Addresses[0];
        internet.Dns.Custom(host.Name, DnsRecordType.A, _ =>
        {
            asked.TrySetResult();
            released.Wait(TimeSpan.FromMinutes(2));
            return DnsReply.Address(host.Name, address);
        });
        await using MailDeliverer deliverer = internet.Deliverer();
        using var leaving = new CancellationTokenSource();

        Task<Sent> first = deliverer.SendAsync(cancellationToken: leaving.Token);
        await asked.Task;
        Task<Sent>[] others = [.. Enumerable.Range(0, 20).Select(i => deliverer.SendAsync($"b{i}@example.test"))];
        await leaving.CancelAsync();
        await Assert.ThrowsAsync<DeliveryCanceledException>(() => first);
        released.Set();
        Sent[] sent = await Task.WhenAll(others);

        Assert.That(sent.Select(one => one.Delivered?.IsVerified), Is.All.True);
        Assert.That(internet.RecordsAskedFor(), Has.Length.EqualTo(1));
        Assert.That(host.Requests, Has.Count.EqualTo(1));
    }

    /// <summary>STS-094. Names that DNS knows, though some part of the platform may not like them.</summary>
    [TestCase("a_b.test")]
    [TestCase("_a_.test")]
    [TestCase("ab--cd.test")]
    [TestCase("1.2.3.test")]
    [TestCase("0x7f.0x1")]
    [TestCase("xn--i-7iq.test")]
    [TestCase("xn--strae-oqa.test")]
    public async Task An_odd_name_can_have_a_policy(string name)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain(name).Mx(10, "mx.test").Policy(PolicyMode.Testing, "mx.test");
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync($"b@{name}");

        Assert.That(sent.Delivered, Is.Not.Null, sent.Outcome.Explanation);
        Assert.That(sent.Policy.Mode, Is.EqualTo(PolicyMode.Testing), sent.Policy.Fault?.Detail);
    }

    private static async Task<FakeInternet> StartAsync()
    {
        FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        internet.MxHost("mx1.example.test").NoStartTls();
        return internet;
    }

    private static async Task<PolicyDiscovery> ApplyAsync(FakeInternet internet)
    {
        await using MailDeliverer deliverer = internet.Deliverer();
        Sent sent = await deliverer.SendAsync();
        Assert.That(sent.Deferred, Is.EqualTo(sent.Policy.Mode == PolicyMode.Enforce ? FailureCode.StartTlsNotOffered : null));
        Assert.That(internet.Messages, Has.Count.EqualTo(sent.Policy.Mode == PolicyMode.Enforce ? 0 : 1));
        return sent.Policy;
    }

    private static void AssertFault(PolicyDiscovery discovery, PolicyFaultKind kind)
    {
        Assert.That(discovery.Fault, Is.Not.Null.And.Property("Kind").EqualTo(kind), discovery.Fault?.Detail);
        Assert.That((discovery.Source, discovery.InForce), Is.EqualTo((PolicySource.None, (CachedPolicy?)null)));
    }

    private static byte[] PolicyOfLength(int length)
    {
        const string text = "version: STSv1\nmode: enforce\nmx: mx1.example.test\nmax_age: 604800\n";
        var policy = new StringBuilder(text, Math.Max(length, text.Length));
        while (policy.Length < length)
        {
            int line = Math.Min(length - policy.Length, 1000);
            policy.Append(line < 6 ? new string('\n', line) : $"x: {new string('x', line - 4)}\n");
        }

        return Encoding.ASCII.GetBytes(policy.ToString());
    }

    private static TestCaseData Certificate(string name, Func<CertificateSpec, CertificateSpec> certificate) => new TestCaseData(certificate).SetArgDisplayNames(name);

    private static TestCaseData Slow(string name, Action<FakeInternet, FakePolicyHost> slow) => new TestCaseData(slow).SetArgDisplayNames(name);

    private static TestCaseData Broken(string name, PolicyFaultKind fault, Action<FakeInternet, FakePolicyHost> breakIt) => new TestCaseData(fault, breakIt).SetArgDisplayNames(name);
}
