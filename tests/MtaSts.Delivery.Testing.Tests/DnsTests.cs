using System.Net;
using System.Net.Sockets;
using System.Text;
using DnsClient;
using DnsClient.Protocol;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

internal sealed class DnsTests : InternetFixture
{
    private const string Name = "example.test";

    private FakeDns Dns => Internet.Dns;

    [Test]
    public async Task Records_are_answered_as_they_were_given()
    {
        Dns.Mx(Name, (20, "mx2.example.test"), (10, "MX1.example.test"))
            .Txt(Name, "one", "two").AddTxt(Name, "three")
            .Address("a.example.test", IPAddress.Parse("192.0.2.9"), IPAddress.Parse("2001:db8::9"));

        IDnsQueryResponse mx = await QueryAsync(Name, QueryType.MX);
        Assert.That(mx.Answers.MxRecords().Select(record => (record.Preference, record.Exchange.Value)), Is.EqualTo(new[] { ((ushort)20, "mx2.example.test."), ((ushort)10, "MX1.example.test.") }));
        IDnsQueryResponse txt = await QueryAsync(Name, QueryType.TXT);
        Assert.That(txt.Answers.TxtRecords().Select(record => string.Join('|', record.Text)), Is.EqualTo(new[] { "one|two", "three" }));
        Assert.That((await QueryAsync("A.Example.Test", QueryType.A)).Answers.ARecords().Single().Address, Is.EqualTo(IPAddress.Parse("192.0.2.9")));
        Assert.That((await QueryAsync("a.example.test", QueryType.AAAA)).Answers.AaaaRecords().Single().Address, Is.EqualTo(IPAddress.Parse("2001:db8::9")));
        Assert.That(Dns.Queries.Select(query => (query.Name, query.Type)), Is.EqualTo(new[]
        {
            (Name, DnsRecordType.Mx), (Name, DnsRecordType.Txt), ("a.example.test", DnsRecordType.A), ("a.example.test", DnsRecordType.Aaaa),
        }));
    }

    [Test]
    public async Task Unknown_names_do_not_exist_and_names_without_the_type_do()
    {
        Dns.Txt($"_mta-sts.{Name}", "x");

        Assert.That(await CodeAsync("other.test", QueryType.A), Is.EqualTo(DnsHeaderResponseCode.NotExistentDomain));
        Assert.That(await CodeAsync($"_mta-sts.{Name}", QueryType.A), Is.EqualTo(DnsHeaderResponseCode.NoError));
        Assert.That(await CodeAsync(Name, QueryType.A), Is.EqualTo(DnsHeaderResponseCode.NoError), "a name above an existing one");
        Dns.Remove($"_mta-sts.{Name}");
        Assert.That(await CodeAsync(Name, QueryType.A), Is.EqualTo(DnsHeaderResponseCode.NotExistentDomain));
    }

    [Test]
    public async Task Times_to_live_are_300_seconds_unless_set()
    {
        Dns.Txt(Name, "x").Txt("short.test", "x").Ttl("short.test", DnsRecordType.Txt, TimeSpan.FromSeconds(7)).NegativeTtl("none.test", TimeSpan.FromSeconds(60));

        Assert.That((await QueryAsync(Name, QueryType.TXT)).Answers.Single().InitialTimeToLive, Is.EqualTo(300));
        Assert.That((await QueryAsync("short.test", QueryType.TXT)).Answers.Single().InitialTimeToLive, Is.EqualTo(7));
        SoaRecord soa = (SoaRecord)(await QueryAsync("_mta-sts.none.test", QueryType.TXT)).Authorities.Single();
        Assert.That((soa.DomainName.Value, soa.Minimum), Is.EqualTo(("none.test.", 60u)));
        Assert.That(((SoaRecord)(await QueryAsync(Name, QueryType.A)).Authorities.Single()).Minimum, Is.EqualTo(300u));
    }

    [Test]
    public async Task Aliases_are_followed_and_loops_are_not()
    {
        Dns.Cname("a.test", "b.test").Cname("b.test", "c.test").Txt("c.test", "end").Cname("x.test", "y.test").Cname("y.test", "x.test").Cname("dangling.test", "gone.test");

        Assert.That((await QueryAsync("a.test", QueryType.TXT)).Answers.Select(record => record.RecordType), Is.EqualTo(new[] { ResourceRecordType.CNAME, ResourceRecordType.CNAME, ResourceRecordType.TXT }));
        Assert.That(await CodeAsync("x.test", QueryType.TXT), Is.EqualTo(DnsHeaderResponseCode.ServerFailure));
        Assert.That(await CodeAsync("dangling.test", QueryType.TXT), Is.EqualTo(DnsHeaderResponseCode.NotExistentDomain));
        Dns.CnameOnly("a.test");
        Assert.That((await QueryAsync("a.test", QueryType.TXT)).Answers.Single(), Is.InstanceOf<CNameRecord>());
    }

    [Test]
    public async Task Failures_have_their_codes_and_strike_the_type_they_were_set_for()
    {
        Dns.Txt(Name, "x").ServFail(Name, DnsRecordType.Mx).Refused(Name, DnsRecordType.A).NoData(Name, DnsRecordType.Aaaa);

        Assert.That(await CodeAsync(Name, QueryType.MX), Is.EqualTo(DnsHeaderResponseCode.ServerFailure));
        Assert.That(await CodeAsync(Name, QueryType.A), Is.EqualTo(DnsHeaderResponseCode.Refused));
        Assert.That(await CodeAsync(Name, QueryType.AAAA), Is.EqualTo(DnsHeaderResponseCode.NoError));
        Assert.That(await CodeAsync(Name, QueryType.TXT), Is.EqualTo(DnsHeaderResponseCode.NoError));
        Dns.NxDomain(Name);
        Assert.That(await CodeAsync(Name, QueryType.TXT), Is.EqualTo(DnsHeaderResponseCode.NotExistentDomain));
        Dns.Healthy(Name);
        Assert.That((await QueryAsync(Name, QueryType.TXT)).Answers, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_truncated_answer_is_whole_over_tcp()
    {
        Dns.Txt(Name, "x").Truncate(Name);

        Assert.That((await QueryAsync(Name, QueryType.TXT)).Answers, Has.Count.EqualTo(1));
        Assert.That(Dns.Queries.Select(query => query.Transport), Is.EqualTo(new[] { DnsTransport.Udp, DnsTransport.Tcp }));
    }

    [Test]
    public async Task An_answer_too_large_for_a_datagram_is_truncated_by_itself()
    {
        Dns.TxtBytes(Name, [.. Enumerable.Repeat(new byte[255], 100)]);

        Assert.That((await QueryAsync(Name, QueryType.TXT)).Answers.TxtRecords().Single().Text, Has.Count.EqualTo(100));
        Assert.That(Dns.Queries[^1].Transport, Is.EqualTo(DnsTransport.Tcp));
    }

    [Test]
    public async Task Truncation_can_go_on_over_tcp_or_end_in_a_closed_connection()
    {
        Dns.Txt(Name, "x").TruncateEverywhere(Name).Txt("other.test", "x").TruncateWithoutTcp("other.test");

        byte[] everywhere = await AskOverTcpAsync(Name);
        Assert.That(everywhere[2] & 0x02, Is.EqualTo(0x02));
        Assert.That(everywhere[7], Is.Zero);
        Assert.That(await AskOverTcpAsync("other.test"), Is.Empty);
    }

    [Test]
    public async Task Forged_answers_differ_in_exactly_one_thing()
    {
        Dns.Txt(Name, "x");
        byte[] query = Query(Name, id: 0x1234);
        byte[] honest = await AskAsync(query);

        byte[] wrongId = await AskAsync(query, Dns.WrongId(Name));
        Assert.That(wrongId[..2], Is.Not.EqualTo(query[..2]));
        Assert.That(wrongId[2..], Is.EqualTo(honest[2..]));

        byte[] notAResponse = await AskAsync(query, Dns.NotAResponse(Name));
        Assert.That(notAResponse[2] & 0x80, Is.Zero);
        Assert.That(notAResponse[3..], Is.EqualTo(honest[3..]));

        byte[] wrongQuestion = await AskAsync(query, Dns.WrongQuestion(Name));
        Assert.That(Encoding.ASCII.GetString(wrongQuestion[12..]), Does.StartWith("\aforeign\ainvalid"));

        Dns.ForeignOwner(Name);
        Assert.That((await QueryAsync(Name, QueryType.TXT)).Answers.Single().DomainName.Value, Is.EqualTo("foreign.invalid."));

        byte[] garbage = await AskAsync(query, Dns.Garbage(Name));
        Assert.That(garbage[..2], Is.EqualTo(query[..2]));
        await Assert.ThrowsAsync<DnsResponseParseException>(() => QueryAsync(Name, QueryType.TXT));
    }

    [Test]
    public async Task An_answer_from_another_source_comes_from_another_port()
    {
        Dns.Txt(Name, "x").WrongSource(Name);
        using var udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await udp.SendAsync(Query(Name), Dns.EndPoint, Limit);

        UdpReceiveResult answer = await udp.ReceiveAsync(Limit);
        Assert.That(answer.RemoteEndPoint.Port, Is.Not.EqualTo(Dns.EndPoint.Port));
    }

    [Test]
    public async Task Silence_lets_the_clients_deadline_pass_within_an_instant()
    {
        Dns.Silent(Name);
        using var udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(5), Internet.Clock);
        DateTimeOffset before = Internet.Clock.GetUtcNow();

        await udp.SendAsync(Query(Name), Dns.EndPoint, Limit);
        await Assert.CatchAsync<OperationCanceledException>(async () => await udp.ReceiveAsync(deadline.Token));
        Assert.That(Internet.Clock.GetUtcNow() - before, Is.LessThanOrEqualTo(TimeSpan.FromMinutes(2)));
    }

    [Test]
    public async Task A_delayed_answer_takes_its_simulated_time()
    {
        Dns.Txt(Name, "x").Delay(Name, TimeSpan.FromSeconds(4));
        DateTimeOffset before = Internet.Clock.GetUtcNow();

        Assert.That(await AskAsync(Query(Name)), Is.Not.Empty);
        Assert.That(Internet.Clock.GetUtcNow() - before, Is.InRange(TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(34)));
    }

    [Test]
    public async Task The_ad_bit_is_set_for_clients_that_understand_it()
    {
        Dns.Txt(Name, "x").Authenticated(Name);

        Assert.That((await QueryAsync(Name, QueryType.TXT)).Header.IsAuthenticData, Is.False);
        Assert.That((await QueryAsync(Name, QueryType.TXT, dnssec: true)).Header.IsAuthenticData, Is.True);
        Assert.That((await QueryAsync("other.test", QueryType.TXT, dnssec: true)).Header.IsAuthenticData, Is.False);
    }

    [Test]
    public async Task A_signed_zone_vouches_for_answers_of_which_every_step_is_signed()
    {
        Dns.SignedZone("signed.test").UnsignedZone("below.signed.test").SignedZone("again.below.signed.test")
            .Txt("a.signed.test", "x").Txt("a.below.signed.test", "x").Txt("a.again.below.signed.test", "x").Txt("other.test", "x")
            .Cname("in.signed.test", "a.signed.test").Cname("out.signed.test", "other.test").Cname("back.test", "a.signed.test").Bogus("bogus.signed.test");
        foreach ((string name, bool isSigned) in ((string, bool)[])
        [
            ("a.signed.test", true), ("none.signed.test", true), ("a.below.signed.test", false), ("a.again.below.signed.test", true), ("other.test", false), ("in.signed.test", true),
            ("out.signed.test", false), ("back.test", false), ("bogus.signed.test", false),
        ])
        {
            Assert.That((await QueryAsync(name, QueryType.TXT, dnssec: true)).Header.IsAuthenticData, Is.EqualTo(isSigned), name);
        }

        Assert.That((await QueryAsync("out.signed.test", QueryType.CNAME, dnssec: true)).Header.IsAuthenticData, Is.True, "the alias itself is signed");
        Assert.That((await QueryAsync("bogus.signed.test", QueryType.TXT, dnssec: true)).Header.ResponseCode, Is.EqualTo(DnsHeaderResponseCode.ServerFailure));
    }

    [Test]
    public async Task A_host_publishes_records_that_match_its_certificate_and_others_that_do_not()
    {
        FakeMxHost host = Internet.MxHost("mx1.example.test").Certificate(c => c.WithIntermediate()).Tlsa().Tlsa(2, 0, 2).WrongTlsa(port: 2525);
        TlsaRecord[] records = await RecordsAsync(25), wrong = await RecordsAsync(2525);
        Assert.That(records.Select(record => ((int)record.CertificateUsage, (int)record.Selector, (int)record.MatchingType, record.CertificateAssociationData.Count)), Is.EqualTo([(3, 1, 1, 32), (2, 0, 2, 64)]));
        Assert.That(wrong.Single().CertificateAssociationData, Has.Count.EqualTo(32));
        Assert.That(wrong.Single().CertificateAssociationData.Take(8), Is.Not.EqualTo(records[0].CertificateAssociationData.Take(8)), "the octets that are shown to a person");

        async Task<TlsaRecord[]> RecordsAsync(int port) => [.. (await QueryAsync($"_{port}._tcp.{host.Name}", QueryType.TLSA)).Answers.OfType<TlsaRecord>()];
    }

    [Test]
    public async Task A_function_may_answer()
    {
        int asked = 0;
        Dns.Custom(Name, DnsRecordType.Txt, question => ++asked == 1 ? DnsReply.NxDomain with { NegativeTtl = TimeSpan.FromSeconds(9) } : DnsReply.Txt(question.Name, "now"));

        Assert.That(((SoaRecord)(await QueryAsync(Name, QueryType.TXT)).Authorities.Single()).Minimum, Is.EqualTo(9u));
        Assert.That((await QueryAsync(Name, QueryType.TXT)).Answers.TxtRecords().Single().Text.Single(), Is.EqualTo("now"));
    }

    [TestCase("a..b")]
    [TestCase("bücher.test")]
    [TestCase("")]
    public void A_name_that_dns_cannot_carry_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => Dns.Txt(name, "x"));

    private async Task<DnsHeaderResponseCode> CodeAsync(string name, QueryType type) =>
        (DnsHeaderResponseCode)(await QueryAsync(name, type)).Header.ResponseCode;

    private async Task<IDnsQueryResponse> QueryAsync(string name, QueryType type, bool dnssec = false)
    {
        var client = new LookupClient(new LookupClientOptions(Dns.EndPoint) { UseCache = false, Retries = 0, RequestDnsSecRecords = dnssec, Timeout = TimeSpan.FromSeconds(5) });
        return await client.QueryAsync(name, type, cancellationToken: Limit);
    }

    private async Task<byte[]> AskAsync(byte[] query, FakeDns? _ = null)
    {
        using var udp = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        await udp.SendAsync(query, Dns.EndPoint, Limit);
        return (await udp.ReceiveAsync(Limit)).Buffer;
    }

    private async Task<byte[]> AskOverTcpAsync(string name)
    {
        byte[] query = Query(name);
        using var tcp = new TcpClient();
        await tcp.ConnectAsync(Dns.EndPoint, Limit);
        NetworkStream stream = tcp.GetStream();
        await stream.WriteAsync((byte[])[0, (byte)query.Length, .. query], Limit);
        byte[] answer = new byte[4096];
        int length = await stream.ReadAsync(answer, Limit);
        return length == 0 ? [] : answer[2..length];
    }

    private static byte[] Query(string name, ushort id = 7) =>
    [
        (byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,
        .. name.Split('.').SelectMany(label => (byte[])[(byte)label.Length, .. Encoding.ASCII.GetBytes(label)]),
        0, 0, (byte)DnsRecordType.Txt, 0, 1,
    ];
}
