using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

public sealed class RecordLookupTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string RecordName = "_mta-sts.example.test";

    /// <summary>STS-010. RFC 8461 §3.1.</summary>
    [TestCase("v=STSv1; id=2016", "0831;")]
    [TestCase("v=STS", "v1; id=20160831")]
    [TestCase("", "v=STSv1; id=20160831")]
    [TestCase("v", "=", "STSv1;", "id=20160831", ";")]
    public async Task The_strings_of_one_record_are_joined_with_nothing_between(params string[] strings)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        internet.Dns.Txt(RecordName, strings);
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Policy.InForce?.Id, Is.EqualTo("20160831"));
    }

    /// <summary>STS-025. RFC 8461 §3.1, §8.2.</summary>
    [TestCase(1, false)]
    [TestCase(2, false)]
    [TestCase(8, false)]
    [TestCase(1, true)]
    [TestCase(3, true)]
    public async Task Aliases_of_the_record_are_followed_also_when_the_resolver_does_not(int aliases, bool resolverStopsAtAlias)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Enforcing();
        string name = RecordName;
        for (int i = 1; i <= aliases; i++)
        {
            internet.Dns.Cname(name, $"alias{i}.provider.test");
            if (resolverStopsAtAlias)
            {
                internet.Dns.CnameOnly(name);
            }

            name = $"alias{i}.provider.test";
        }

        internet.Dns.Txt(name, "v=STSv1; id=aliased;");
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Policy.InForce, Is.Not.Null.And.Property("Id").EqualTo("aliased"));
        Assert.That(sent.Delivered, Is.Not.Null.And.Property("IsVerified").True);
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(1));
        Assert.That(internet.RecordsAskedFor(), Has.Length.EqualTo(resolverStopsAtAlias ? aliases + 1 : 1));
    }

    /// <summary>STS-025. RFC 8461 §3.1.</summary>
    [TestCase("loop")]
    [TestCase("chain")]
    public async Task Aliases_without_end_are_a_failed_lookup(string shape)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Enforcing();
        internet.Dns.Cname(RecordName, "alias0.provider.test");
        for (int i = 0; i < 30; i++)
        {
            internet.Dns.Cname($"alias{i}.provider.test", shape == "loop" && i == 2 ? RecordName : $"alias{i + 1}.provider.test");
            internet.Dns.CnameOnly($"alias{i}.provider.test");
        }

        internet.Dns.CnameOnly(RecordName).Txt("alias30.provider.test", "v=STSv1; id=far;");
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Policy.Record, Is.InstanceOf<RecordLookup.Unavailable>());
        Assert.That(sent.Delivered, Is.Not.Null);
        Assert.That(internet.RecordsAskedFor(), Has.Length.LessThan(12));
        Assert.That(domain.PolicyHost.Requests, Is.Empty);
    }

    /// <summary>STS-026. RFC 8461 §3.1, §5.1.</summary>
    [TestCase("NXDOMAIN")]
    [TestCase("NODATA")]
    [TestCase("two records")]
    [TestCase("two equal records")]
    [TestCase("garbage")]
    [TestCase("another text")]
    [TestCase("no id")]
    [TestCase("SERVFAIL")]
    [TestCase("silence")]
    public async Task Whatever_becomes_of_the_record_the_cached_policy_holds(string record)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Enforcing().PolicyId("first");
        await using MailDeliverer deliverer = internet.Deliverer();
        Sent before = await deliverer.SendAsync();
        internet.MxHost("mx1.example.test").NoStartTls();
        _ = record switch
        {
            "NXDOMAIN" => domain.NoRecord(),
            "two records" => domain.Record("v=STSv1; id=first", "v=STSv1; id=second"),
            "two equal records" => domain.Record("v=STSv1; id=first", "v=STSv1; id=first"),
            "garbage" => domain.Record("v=STSv1;;;=\u0001"),
            "another text" => domain.Record("v=spf1 -all"),
            "no id" => domain.Record("v=STSv1;"),
            _ => domain,
        };
        _ = record switch
        {
            "NODATA" => internet.Dns.NoData(RecordName, DnsRecordType.Txt),
            "SERVFAIL" => internet.Dns.ServFail(RecordName),
            "silence" => internet.Dns.Silent(RecordName),
            _ => internet.Dns,
        };
        internet.Clock.Advance(PolicyDeliveries.RecordLife);

        Sent meanwhile = await deliverer.SendAsync();
        internet.Dns.Healthy(RecordName);
        domain.PolicyId("first");
        internet.Clock.Advance(PolicyDeliveries.RecordLife);
        Sent after = await deliverer.SendAsync();

        Assert.That(before.Delivered, Is.Not.Null);
        Assert.That(meanwhile.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That(meanwhile.Policy.InForce, Is.EqualTo(before.Policy.InForce));
        Assert.That(meanwhile.Policy.Source, Is.EqualTo(PolicySource.Cache));
        Assert.That(after.Deferred, Is.EqualTo(FailureCode.StartTlsNotOffered));
        Assert.That(after.Policy.InForce, Is.EqualTo(before.Policy.InForce));
        Assert.That(domain.PolicyHost.Requests, Has.Count.EqualTo(1));
        Assert.That(internet.MxHost("mx1.example.test").SawMailInClear(), Is.False);
    }

    /// <summary>STS-027. "No record" is an answer, and nothing went wrong.</summary>
    [TestCase("NXDOMAIN")]
    [TestCase("NODATA")]
    public async Task That_there_is_no_record_is_no_fault(string answer)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        _ = answer == "NODATA" ? internet.Dns.NoData(RecordName, DnsRecordType.Txt) : internet.Dns.NxDomain(RecordName);
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Policies.DeferWhenRecordUnavailable = true);

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Policy.Record, Is.InstanceOf<RecordLookup.None>());
        Assert.That(sent.Policy.Fault, Is.Null);
        Assert.That(sent.Delivered, Is.Not.Null);
    }

    /// <summary>STS-027. Nobody knows: the mail goes as without policy, and the fault is told; an option defers instead.</summary>
    [TestCase("SERVFAIL", "SERVFAIL")]
    [TestCase("REFUSED", "REFUSED")]
    [TestCase("silence", "no answer within")]
    [TestCase("cut over TCP too", "")]
    [TestCase("no TCP", "")]
    [TestCase("garbage", "")]
    [TestCase("another question", "")]
    public async Task A_lookup_that_fails_is_told_apart_from_no_record(string fault, string told)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Enforcing();
        internet.MxHost("mx1.example.test").NoStartTls();
        _ = fault switch
        {
            "SERVFAIL" => internet.Dns.ServFail(RecordName),
            "REFUSED" => internet.Dns.Refused(RecordName),
            "silence" => internet.Dns.Silent(RecordName),
            "cut over TCP too" => internet.Dns.TruncateEverywhere(RecordName),
            "no TCP" => internet.Dns.TruncateWithoutTcp(RecordName),
            "garbage" => internet.Dns.Garbage(RecordName),
            _ => internet.Dns.WrongQuestion(RecordName),
        };
        await using MailDeliverer deliverer = internet.Deliverer();
        await using MailDeliverer cautious = internet.Deliverer(options => options.Policies.DeferWhenRecordUnavailable = true);

        Sent usual = await deliverer.SendAsync();
        Sent deferred = await cautious.SendAsync();

        Assert.That(usual.Policy.Record, Is.InstanceOf<RecordLookup.Unavailable>());
        Assert.That(usual.Policy.Fault!.Kind, Is.EqualTo(PolicyFaultKind.RecordUnavailable));
        Assert.That(usual.Policy.Fault.Detail, Does.Contain(told));
        Assert.That(usual.Delivered, Is.Not.Null);
        Assert.That(deferred.Deferred, Is.EqualTo(FailureCode.PolicyUnknown));
        Assert.That(deferred.Line.Attempts, Is.Empty);
        Assert.That(domain.PolicyHost.Requests, Is.Empty);
    }

    /// <summary>STS-027. A person who reads the reason learns how long was waited, not how long it might have been.</summary>
    [Test]
    public async Task A_silent_resolver_is_said_to_be_silent_for_as_long_as_it_was_waited_for()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var options = new DnsOptions { QueryTimeout = TimeSpan.FromMilliseconds(100), LookupTimeout = TimeSpan.FromMinutes(1) };
        options.Servers.Add((IPEndPoint)silent.LocalEndPoint!);

        DnsAnswer<TxtRecord> answer = await new DnsClientResolver(options).LookUpTxtAsync(DomainName.Parse("example.test"), CancellationToken.None);

        Assert.That(answer, Is.EqualTo(new DnsAnswer<TxtRecord>.Unavailable("no answer within 0.1 s, though each resolver was asked 2 times")));
    }

    /// <summary>STS-027. A dead first resolver costs one look-up its time-out, and one more each minute; an answer ends that.</summary>
    [Test]
    public async Task A_resolver_that_was_silent_is_asked_last_for_a_minute()
    {
        await using FakeInternet first = await FakeInternet.StartAsync(), second = await FakeInternet.StartAsync();
        first.PumpsClock = false;
        first.Dns.Silent("example.test").Txt("example.test", "by the first");
        second.Dns.Txt("example.test", "by the second");
        var options = new DnsOptions();
        options.Servers.Add(first.Dns.EndPoint);
        options.Servers.Add(second.Dns.EndPoint);
        var resolver = new DnsClientResolver(options, first.Clock);

        Task<string> slow = LookUpAsync();
        await AskedAsync(first, 1);
        first.Clock.Advance(options.QueryTimeout);
        Assert.That(await slow, Is.EqualTo("by the second"));
        Assert.That(await LookUpAsync(), Is.EqualTo("by the second"));
        Assert.That(first.Dns.Queries, Has.Count.EqualTo(1));
        Assert.That(second.Dns.Queries, Has.Count.EqualTo(2));

        first.Clock.Advance(TimeSpan.FromMinutes(1));
        Task<string> again = LookUpAsync();
        await AskedAsync(first, 2);
        Assert.That(await LookUpAsync(), Is.EqualTo("by the second"));
        Assert.That(first.Dns.Queries, Has.Count.EqualTo(2));
        first.Clock.Advance(options.QueryTimeout);
        Assert.That(await again, Is.EqualTo("by the second"));

        first.Dns.Healthy("example.test");
        first.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.That(await LookUpAsync(), Is.EqualTo("by the first"));
        Assert.That(await LookUpAsync(), Is.EqualTo("by the first"));

        async Task<string> LookUpAsync() =>
            await resolver.LookUpTxtAsync(DomainName.Parse("example.test"), CancellationToken.None) is DnsAnswer<TxtRecord>.Found found ? found.Records[0].Text : "nothing";

        static Task AskedAsync(FakeInternet internet, int times) => Patience.UntilAsync(() => internet.Dns.Queries.Count >= times);
    }

    /// <summary>STS-027. A name that is slow to find out says nothing about the resolver, which answers others meanwhile.</summary>
    [Test]
    public async Task A_resolver_that_answers_other_questions_meanwhile_is_not_silent()
    {
        await using FakeInternet first = await FakeInternet.StartAsync(), second = await FakeInternet.StartAsync();
        first.PumpsClock = false;
        first.Dns.Silent("slow.test").Txt("example.test", "by the first");
        second.Dns.Txt("slow.test", "by the second").Txt("example.test", "by the second");
        var options = new DnsOptions();
        options.Servers.Add(first.Dns.EndPoint);
        options.Servers.Add(second.Dns.EndPoint);
        var resolver = new DnsClientResolver(options, first.Clock);

        Task<string> slow = LookUpAsync("slow.test");
        await Patience.UntilAsync(() => first.Dns.Queries.Count == 1);
        Assert.That(await LookUpAsync("example.test"), Is.EqualTo("by the first"));
        first.Clock.Advance(options.QueryTimeout);
        Assert.That(await slow, Is.EqualTo("by the second"));
        Assert.That(await LookUpAsync("example.test"), Is.EqualTo("by the first"));

        async Task<string> LookUpAsync(string name) =>
            await resolver.LookUpTxtAsync(DomainName.Parse(name), CancellationToken.None) is DnsAnswer<TxtRecord>.Found found ? found.Records[0].Text : "nothing";
    }

    /// <summary>STS-027. A resolver that says that it cannot find out is believed; only silence may be a question that was lost.</summary>
    [TestCase("SERVFAIL")]
    [TestCase("REFUSED")]
    public async Task A_resolver_that_fails_is_asked_once(string code)
    {
        await using FakeInternet first = await FakeInternet.StartAsync(), second = await FakeInternet.StartAsync();
        var options = new DnsOptions();
        foreach (FakeInternet internet in (FakeInternet[])[first, second])
        {
            _ = code == "SERVFAIL" ? internet.Dns.ServFail("example.test") : internet.Dns.Refused("example.test");
            options.Servers.Add(internet.Dns.EndPoint);
        }

        DnsAnswer<TxtRecord> answer = await new DnsClientResolver(options, first.Clock).LookUpTxtAsync(DomainName.Parse("example.test"), CancellationToken.None);

        Assert.That(answer, Is.EqualTo(new DnsAnswer<TxtRecord>.Unavailable(code)));
        Assert.That((first.Dns.Queries.Count, second.Dns.Queries.Count), Is.EqualTo((1, 1)));
    }

    /// <summary>STS-027, STS-028. RFC 5452 §9.1: what is no answer to the question is no reason to give up, as anybody can send a datagram.</summary>
    [TestCase("another id")]
    [TestCase("another question")]
    [TestCase("a question")]
    public async Task A_datagram_that_is_no_answer_does_not_end_a_lookup(string what)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.Txt("example.test", "over TCP");
        (TcpRelay relay, Socket udp) = Listen(internet.Dns.EndPoint);
        using TcpRelay tcp = relay;
        var options = new DnsOptions();
        options.Servers.Add(relay.EndPoint);

        Task answering = AnswerEachAsync();
        DnsAnswer<TxtRecord> answer = await new DnsClientResolver(options, internet.Clock).LookUpTxtAsync(DomainName.Parse("example.test"), CancellationToken.None);
        udp.Dispose();
        await answering;

        Assert.That(answer, Is.InstanceOf<DnsAnswer<TxtRecord>.Found>());

        async Task AnswerEachAsync()
        {
            byte[] datagram = new byte[512];
            try
            {
                while (true)
                {
                    SocketReceiveFromResult asked = await udp.ReceiveFromAsync(datagram, new IPEndPoint(IPAddress.Any, 0));
                    Spoil(datagram);
                    await udp.SendToAsync(datagram.AsMemory(0, asked.ReceivedBytes), asked.RemoteEndPoint);
                }
            }
            catch (Exception over) when (over is SocketException or ObjectDisposedException)
            {
                // There is an answer.
            }
        }

        static (TcpRelay Relay, Socket Udp) Listen(IPEndPoint resolver)
        {
            while (true)
            {
                var relay = new TcpRelay(resolver, together: 1);
                var udp = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                try
                {
                    udp.Bind(relay.EndPoint);
                    return (relay, udp);
                }
                catch (SocketException)
                {
                    // The port is free for TCP but not for UDP.
                    relay.Dispose();
                    udp.Dispose();
                }
            }
        }

        void Spoil(byte[] question)
        {
            // The id stands first, the QR bit in the third octet, and the first letter of the name behind the header's twelve and a length.
            question[0] ^= (byte)(what == "another id" ? 1 : 0);
            question[2] |= (byte)(what == "a question" ? 0 : 0x80);
            question[13] ^= (byte)(what == "another question" ? 1 : 0);
        }
    }

    /// <summary>STS-027. RFC 7766 §6.2.4: a resolver may close a connection behind any answer, and nobody hears of it before the next question.</summary>
    [Test]
    public async Task Connections_that_the_resolver_has_closed_cost_no_lookup()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.Txt("example.test", "here");
        using var relay = new TcpRelay(internet.Dns.EndPoint, together: 6);
        var options = new DnsOptions { UseTcpOnly = true };
        options.Servers.Add(relay.EndPoint);
        var resolver = new DnsClientResolver(options, internet.Clock);

        DnsAnswer<TxtRecord>[] together = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => LookUpAsync()));
        DnsAnswer<TxtRecord> later = await LookUpAsync();

        Assert.That(together.Append(later), Is.All.InstanceOf<DnsAnswer<TxtRecord>.Found>());

        Task<DnsAnswer<TxtRecord>> LookUpAsync() => resolver.LookUpTxtAsync(DomainName.Parse("example.test"), CancellationToken.None);
    }

    /// <summary>STS-027. Names that nobody answers for take all turns, and make no other look-up fail: a policy would go unseen.</summary>
    [Test]
    public async Task The_time_of_a_lookup_begins_with_its_turn()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.Txt("example.test", "here").Silent("slow.test");
        var options = new DnsOptions { UseTcpOnly = true };
        options.Servers.Add(internet.Dns.EndPoint);
        var resolver = new DnsClientResolver(options, internet.Clock);

        Task<DnsAnswer<TxtRecord>>[] slow = [.. Enumerable.Range(0, 30).Select(_ => resolver.LookUpTxtAsync(DomainName.Parse("slow.test"), CancellationToken.None))];
        DnsAnswer<TxtRecord> answer = await resolver.LookUpTxtAsync(DomainName.Parse("example.test"), CancellationToken.None);

        Assert.That(answer, Is.InstanceOf<DnsAnswer<TxtRecord>.Found>());
        Assert.That(await Task.WhenAll(slow), Is.All.InstanceOf<DnsAnswer<TxtRecord>.Unavailable>());
    }

    /// <summary>STS-027. Nothing is given up while a resolver has not been asked.</summary>
    [Test]
    public async Task Each_resolver_is_asked_before_the_time_is_over_however_many_are_silent()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.Txt("example.test", "here");
        Socket[] silent = [.. Enumerable.Range(0, 5).Select(_ => new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp))];
        var options = new DnsOptions { QueryTimeout = TimeSpan.FromSeconds(5), LookupTimeout = TimeSpan.FromSeconds(12) };
        foreach (Socket socket in silent)
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            options.Servers.Add((IPEndPoint)socket.LocalEndPoint!);
        }

        options.Servers.Add(internet.Dns.EndPoint);

        Task<DnsAnswer<TxtRecord>> answer = new DnsClientResolver(options, internet.Clock).LookUpTxtAsync(DomainName.Parse("example.test"), CancellationToken.None);
        foreach (Socket socket in silent)
        {
            await socket.ReceiveAsync(new byte[512]);
            internet.Clock.Advance(TimeSpan.FromSeconds(2));
            socket.Dispose();
        }

        Assert.That(await answer, Is.InstanceOf<DnsAnswer<TxtRecord>.Found>());
    }

    /// <summary>STS-027. What one resolver cannot find out another may know; when none does, the reason is that of one that answered.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task A_resolver_that_fails_is_followed_by_the_next(bool nextIsSilent)
    {
        await using FakeInternet first = await FakeInternet.StartAsync(), second = await FakeInternet.StartAsync();
        first.Dns.ServFail("example.test");
        second.Dns.Txt("example.test", "here");
        if (nextIsSilent)
        {
            second.Dns.Silent("example.test");
        }

        var options = new DnsOptions();
        options.Servers.Add(first.Dns.EndPoint);
        options.Servers.Add(second.Dns.EndPoint);

        DnsAnswer<TxtRecord> answer = await new DnsClientResolver(options, second.Clock).LookUpTxtAsync(DomainName.Parse("example.test"), CancellationToken.None);

        Assert.That(answer, nextIsSilent ? Is.EqualTo(new DnsAnswer<TxtRecord>.Unavailable("SERVFAIL")) : Is.InstanceOf<DnsAnswer<TxtRecord>.Found>());
    }

    /// <summary>STS-027. A failed look-up is not remembered.</summary>
    [Test]
    public async Task After_a_lookup_that_failed_the_next_delivery_asks_again()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        internet.Dns.ServFail(RecordName);
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent first = await deliverer.SendAsync();
        internet.Dns.Healthy(RecordName);
        Sent second = await deliverer.SendAsync();

        Assert.That(first.Policy.InForce, Is.Null);
        Assert.That(second.Policy.InForce, Is.Not.Null);
    }

    /// <summary>STS-028. An answer that does not fit is asked for again over TCP.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task A_large_answer_is_read_to_its_end(bool truncated)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Enforcing();
        string[] others = [.. Enumerable.Range(0, truncated ? 200 : 8).Select(i => $"some-verification={i:D4}-{new string('x', 80)}")];
        domain.Record([.. others, "v=STSv1; id=last;"]);
        if (truncated)
        {
            internet.Dns.Truncate(RecordName);
        }

        await using MailDeliverer deliverer = internet.Deliverer();

        Sent sent = await deliverer.SendAsync();

        Assert.That(sent.Policy.InForce, Is.Not.Null.And.Property("Id").EqualTo("last"));
        DnsTransport[] transports = [.. internet.Dns.Queries.Where(query => query.Name == RecordName).Select(query => query.Transport)];
        Assert.That(transports, Is.EqualTo(truncated ? new[] { DnsTransport.Udp, DnsTransport.Tcp } : [DnsTransport.Udp]));
    }

    /// <summary>STS-029. RFC 2308 §5.</summary>
    [TestCase(61, true)]
    [TestCase(58, false)]
    public async Task That_there_is_no_record_is_remembered_no_longer_than_DNS_allows(int seconds, bool asksAgain)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Enforcing().NoRecord();
        internet.Dns.NegativeTtl("example.test", TimeSpan.FromSeconds(60));
        await using MailDeliverer deliverer = internet.Deliverer();

        Sent without = await deliverer.SendAsync();
        domain.PolicyId("appeared");
        internet.Clock.Advance(TimeSpan.FromSeconds(seconds));
        Sent later = await deliverer.SendAsync();

        Assert.That(without.Policy.InForce, Is.Null);
        Assert.That(later.Policy.InForce?.Id, Is.EqualTo(asksAgain ? "appeared" : null));
        Assert.That(internet.RecordsAskedFor(), Has.Length.EqualTo(asksAgain ? 2 : 1));
    }
}
