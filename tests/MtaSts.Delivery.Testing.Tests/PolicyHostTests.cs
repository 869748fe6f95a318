using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

internal sealed class PolicyHostTests : InternetFixture
{
    private const string Url = "https://mta-sts.example.test/.well-known/mta-sts.txt";
    private static readonly TimeSpan Deadline = TimeSpan.FromMinutes(1);
    private HttpClient _http = null!;

    private FakeDomain Domain => Internet.Domain("example.test");

    private FakePolicyHost Host => Domain.PolicyHost;

    [SetUp]
    public void OpenClient()
    {
        Domain.Policy(PolicyMode.Enforce, "*.example.test", "mx.other.test");
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, ConnectCallback = ConnectAsync });
    }

    [TearDown]
    public void CloseClient() => _http.Dispose();

    [Test]
    public async Task A_domain_publishes_record_and_policy_in_one_line()
    {
        using HttpResponseMessage response = await GetAsync();

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/plain"));
        Assert.That(await response.Content.ReadAsStringAsync(Limit), Is.EqualTo("version: STSv1\r\nmode: enforce\r\nmx: *.example.test\r\nmx: mx.other.test\r\nmax_age: 604800\r\n"));
        PolicyRequest request = Host.Requests.Single();
        Assert.That((request.Method, request.Target, request.Headers["host"], request.Sni), Is.EqualTo(("GET", "/.well-known/mta-sts.txt", "mta-sts.example.test", "mta-sts.example.test")));
        Assert.That(await RecordAsync(), Does.Match("^v=STSv1; id=[0-9]{14}$"));
    }

    [Test]
    public async Task A_changed_policy_has_a_new_text_and_a_new_id()
    {
        string before = await RecordAsync();
        Domain.Policy(PolicyMode.Testing, "mx.other.test").MaxAge(60);

        Assert.That(await RecordAsync(), Is.Not.EqualTo(before));
        Assert.That(await TextAsync(), Is.EqualTo("version: STSv1\r\nmode: testing\r\nmx: mx.other.test\r\nmax_age: 60\r\n"));
    }

    [Test]
    public async Task Text_and_id_may_be_changed_apart()
    {
        string before = await RecordAsync();
        Domain.PolicyText("as it is");
        Assert.That(await RecordAsync(), Is.EqualTo(before));
        Assert.That(await TextAsync(), Is.EqualTo("as it is"));
        Domain.PolicyId("other");
        Assert.That(await RecordAsync(), Is.EqualTo("v=STSv1; id=other"));
        Assert.That(await TextAsync(), Is.EqualTo("as it is"));
        Domain.NoRecord();
        Assert.That(await TextAsync(), Is.EqualTo("as it is"));
        Assert.Throws<InvalidOperationException>(() => Domain.MaxAge(5));
    }

    [TestCase(404)]
    [TestCase(500)]
    [TestCase(201)]
    public async Task A_status_leaves_the_body_as_it_is(int status)
    {
        Host.Status(status);
        using HttpResponseMessage response = await GetAsync();

        Assert.That((int)response.StatusCode, Is.EqualTo(status));
        Assert.That(await response.Content.ReadAsStringAsync(Limit), Does.StartWith("version: STSv1"));
    }

    [Test]
    public async Task Another_target_is_not_found()
    {
        using HttpResponseMessage response = await _http.GetAsync(new Uri("https://mta-sts.example.test/"), Limit);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task A_redirection_says_where_to()
    {
        Host.Redirect(301, "https://other.test/x");
        using HttpResponseMessage response = await GetAsync();

        Assert.That((response.StatusCode, response.Headers.Location), Is.EqualTo((HttpStatusCode.MovedPermanently, new Uri("https://other.test/x"))));
    }

    [Test]
    public async Task Media_type_headers_and_body_may_be_anything()
    {
        Host.ContentType("text/html").Header("Set-Cookie", "a=b").Body([0xff, 0x00]);
        using HttpResponseMessage response = await GetAsync();

        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/html"));
        Assert.That(response.Headers.GetValues("Set-Cookie"), Is.EqualTo(new[] { "a=b" }));
        Assert.That(await response.Content.ReadAsByteArrayAsync(Limit), Is.EqualTo(new byte[] { 0xff, 0x00 }));
        Host.ContentType(null);
        using HttpResponseMessage without = await GetAsync();
        Assert.That(without.Content.Headers.ContentType, Is.Null);
    }

    [Test]
    public async Task A_body_may_come_in_chunks_without_framing_behind_a_hint_or_compressed()
    {
        Host.Chunked();
        Assert.That(await TextAsync(), Does.EndWith("max_age: 604800\r\n"));
        Host.Healthy().Unframed();
        Assert.That(await TextAsync(), Does.EndWith("max_age: 604800\r\n"));
        Host.Healthy().EarlyHints();
        Assert.That(await TextAsync(), Does.EndWith("max_age: 604800\r\n"));
        Host.Healthy().Encoding("gzip");
        using HttpResponseMessage compressed = await GetAsync();
        Assert.That((await compressed.Content.ReadAsByteArrayAsync(Limit))[..2], Is.EqualTo(new byte[] { 0x1f, 0x8b }));
        Assert.That(compressed.Content.Headers.ContentEncoding, Is.EqualTo(new[] { "gzip" }));
    }

    [Test]
    public async Task A_dripping_body_takes_simulated_time_only()
    {
        Host.Body("0123456789"u8.ToArray()).Drip(TimeSpan.FromSeconds(5));
        DateTimeOffset before = Internet.Clock.GetUtcNow();

        Assert.That(await TextAsync(), Is.EqualTo("0123456789"));
        Assert.That(Internet.Clock.GetUtcNow() - before, Is.InRange(TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(80)));
        Host.Drip(TimeSpan.FromSeconds(7));
        await Assert.CatchAsync<OperationCanceledException>(TextAsync);
    }

    [Test]
    public async Task A_body_can_be_cut_off_and_an_unframed_one_does_not_show_it()
    {
        Host.CutAfter(20);
        await Assert.CatchAsync<HttpRequestException>(TextAsync);
        Host.Chunked();
        await Assert.CatchAsync<HttpRequestException>(TextAsync);
        Host.Healthy().Unframed().CutAfter(20);
        Assert.That(await TextAsync(), Has.Length.EqualTo(20));
    }

    [Test]
    public async Task An_endless_body_goes_on_until_the_client_has_enough()
    {
        Host.Endless();
        using HttpResponseMessage response = await GetAsync();
        await using Stream body = await response.Content.ReadAsStreamAsync(Limit);
        byte[] buffer = new byte[1024 * 1024];

        await body.ReadExactlyAsync(buffer, Limit);
        Assert.That(buffer, Has.All.EqualTo((byte)'\n'));
    }

    [Test]
    public async Task A_response_can_be_missing_broken_or_too_large()
    {
        Host.Stall();
        await Assert.CatchAsync<OperationCanceledException>(TextAsync);
        Host.Reset();
        await Assert.CatchAsync<HttpRequestException>(TextAsync);
        Host.Close();
        await Assert.CatchAsync<HttpRequestException>(TextAsync);
        Host.Garbage();
        await Assert.CatchAsync<HttpRequestException>(TextAsync);
        Host.Healthy().HugeHeaders();
        HttpRequestException huge = (await Assert.CatchAsync<HttpRequestException>(TextAsync))!;
        Assert.That(huge.HttpRequestError, Is.EqualTo(HttpRequestError.ConfigurationLimitExceeded));
        Host.Healthy().Down();
        HttpRequestException down = (await Assert.CatchAsync<HttpRequestException>(TextAsync))!;
        Assert.That(((SocketException)down.InnerException!).SocketErrorCode, Is.EqualTo(SocketError.ConnectionRefused));
        Host.Healthy();
        Assert.That(await TextAsync(), Does.StartWith("version: STSv1"));
    }

    [TestCase(HandshakeFault.Garbage)]
    [TestCase(HandshakeFault.OldTls)]
    [TestCase(HandshakeFault.Alert)]
    [TestCase(HandshakeFault.Close)]
    [TestCase(HandshakeFault.Reset)]
    public async Task A_handshake_can_be_spoilt(HandshakeFault fault)
    {
        Host.Handshake(fault);

        await Assert.CatchAsync<HttpRequestException>(TextAsync);
        Assert.That(Host.Requests, Is.Empty);
    }

    [Test]
    public async Task A_stalled_handshake_runs_into_the_clients_deadline()
    {
        Host.Handshake(HandshakeFault.Stall);

        await Assert.CatchAsync<OperationCanceledException>(TextAsync);
    }

    [Test]
    public async Task Certificate_and_versions_may_be_set()
    {
        Host.Certificate(c => c.Expired()).TlsVersions(SslProtocols.Tls12);
        HttpRequestException refused = (await Assert.CatchAsync<HttpRequestException>(TextAsync))!;

        Assert.That(refused.InnerException, Is.InstanceOf<AuthenticationException>());
        Assert.That(refused.InnerException!.Message, Does.Contain("NotTimeValid"));
    }

    [Test]
    public async Task Policy_hosts_behind_one_provider_are_told_apart_by_name()
    {
        Host.Cname("provider.test");
        Internet.Domain("second.test").Policy(PolicyMode.None).PolicyHost.Cname("provider.test");

        Assert.That(await TextAsync(), Does.Contain("mode: enforce"));
        Assert.That(await _http.GetStringAsync(new Uri("https://mta-sts.second.test/.well-known/mta-sts.txt"), Limit), Does.Contain("mode: none"));
        Assert.That(Internet.Domain("second.test").PolicyHost.Addresses, Is.EqualTo(Host.Addresses));
    }

    private async Task<HttpResponseMessage> GetAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline, Internet.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, Limit);
        return await _http.GetAsync(new Uri(Url), HttpCompletionOption.ResponseHeadersRead, either.Token);
    }

    private async Task<string> TextAsync()
    {
        using var deadline = new CancellationTokenSource(Deadline, Internet.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, Limit);
        return await _http.GetStringAsync(new Uri(Url), either.Token);
    }

    private async Task<string> RecordAsync()
    {
        var client = new DnsClient.LookupClient(new DnsClient.LookupClientOptions(Internet.Dns.EndPoint) { UseCache = false });
        DnsClient.IDnsQueryResponse response = await client.QueryAsync("_mta-sts.example.test", DnsClient.QueryType.TXT, cancellationToken: Limit);
        return string.Concat(response.Answers.OfType<DnsClient.Protocol.TxtRecord>().Single().Text);
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        string host = context.DnsEndPoint.Host;
        IPAddress address = Internet.Domain(host["mta-sts.".Length..]).PolicyHost.Addresses[0];
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(Internet.Map(new IPEndPoint(address, context.DnsEndPoint.Port)), cancellationToken);
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(ClientTls.Options(Internet, host), cancellationToken);
        return tls;
    }
}
