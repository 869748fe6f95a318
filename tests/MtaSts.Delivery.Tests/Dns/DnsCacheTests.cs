using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Time.Testing;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Dns;

/// <summary>What is remembered of DNS, and for how long. RFC 1035 §3.2.1, RFC 2308 §5.</summary>
public sealed class DnsCacheTests
{
    private static readonly DomainName Name = DomainName.Parse("example.com");

    private static readonly TestCaseData[] Answers =
    [
        new TestCaseData(Found(60), 59, 1).SetArgDisplayNames("within its TTL"),
        new TestCaseData(Found(60), 61, 2).SetArgDisplayNames("after its TTL"),
        new TestCaseData(Found(0), 0, 2).SetArgDisplayNames("without a TTL"),
        new TestCaseData(Found(100_000), 3599, 1).SetArgDisplayNames("within the longest time"),
        new TestCaseData(Found(100_000), 3601, 2).SetArgDisplayNames("after the longest time"),
        new TestCaseData(new DnsAnswer<MxRecord>.NoRecords(true, TimeSpan.FromSeconds(60)), 59, 1).SetArgDisplayNames("none, within its TTL"),
        new TestCaseData(new DnsAnswer<MxRecord>.NoRecords(false, TimeSpan.Zero), 0, 2).SetArgDisplayNames("none, without SOA"),
        new TestCaseData(new DnsAnswer<MxRecord>.Unavailable("SERVFAIL"), 0, 2).SetArgDisplayNames("a failure"),
    ];

    /// <summary>MX-04.</summary>
    [TestCaseSource(nameof(Answers))]
    public async Task An_answer_is_remembered_for_its_time(DnsAnswer<MxRecord> answer, int seconds, int asked)
    {
        var clock = new FakeTimeProvider();
        var resolver = new Resolver(answer);
        using var cache = new DnsCache(resolver, new DnsOptions(), clock);
        Assert.That(await cache.LookUpMxAsync(Name, default), Is.EqualTo(answer));
        clock.Advance(TimeSpan.FromSeconds(seconds));
        Assert.That(await cache.LookUpMxAsync(Name, default), Is.EqualTo(answer));
        Assert.That(resolver.Asked, Is.EqualTo(asked));
    }

    /// <summary>MX-04. A TTL is a time to live, whatever o'clock it is meanwhile.</summary>
    [TestCase(-1)]
    [TestCase(1)]
    public async Task A_clock_that_is_set_makes_no_answer_older_or_younger(int hours)
    {
        var right = new FakeTimeProvider();
        var clock = new SettableClock(right);
        var resolver = new Resolver(Found(60));
        using var cache = new DnsCache(resolver, new DnsOptions(), clock);
        await cache.LookUpMxAsync(Name, default);
        clock.Error = TimeSpan.FromHours(hours);
        right.Advance(TimeSpan.FromSeconds(59));
        await cache.LookUpMxAsync(Name, default);
        Assert.That(resolver.Asked, Is.EqualTo(1));
        right.Advance(TimeSpan.FromSeconds(2));
        await cache.LookUpMxAsync(Name, default);
        Assert.That(resolver.Asked, Is.EqualTo(2));
    }

    [Test]
    public async Task Families_and_types_are_kept_apart_and_TXT_is_not_kept()
    {
        var resolver = new Resolver(Found(60));
        using var cache = new DnsCache(resolver, new DnsOptions(), new FakeTimeProvider());
        for (int i = 0; i < 2; i++)
        {
            Assert.That(await cache.LookUpAddressesAsync(Name, AddressFamily.InterNetwork, default), Is.InstanceOf<DnsAnswer<IPAddress>.Found>());
            Assert.That(await cache.LookUpAddressesAsync(Name, AddressFamily.InterNetworkV6, default), Is.InstanceOf<DnsAnswer<IPAddress>.NoRecords>());
            await cache.LookUpMxAsync(Name, default);
            await cache.LookUpTxtAsync(Name, default);
        }

        Assert.That(resolver.Asked, Is.EqualTo(5));
    }

    [Test]
    public async Task Who_asks_at_the_same_time_shares_one_question_and_who_leaves_ends_nobody_elses()
    {
        var gate = new TaskCompletionSource();
        var resolver = new Resolver(Found(60)) { Gate = gate.Task };
        using var cache = new DnsCache(resolver, new DnsOptions(), new FakeTimeProvider());
        using var leave = new CancellationTokenSource();
        Task<DnsAnswer<MxRecord>> leaver = cache.LookUpMxAsync(Name, leave.Token);
        Task<DnsAnswer<MxRecord>>[] stayers = [.. Enumerable.Range(0, 50).Select(_ => cache.LookUpMxAsync(Name, default))];
        await leave.CancelAsync();
        await Assert.ThatAsync(() => leaver, Throws.InstanceOf<OperationCanceledException>());
        gate.SetResult();
        Assert.That(await Task.WhenAll(stayers), Has.All.InstanceOf<DnsAnswer<MxRecord>.Found>());
        Assert.That(resolver.Asked, Is.EqualTo(1));
    }

    [Test]
    public async Task A_resolver_that_throws_is_asked_again()
    {
        var resolver = new Resolver(Found(60)) { Gate = Task.FromException(new InvalidOperationException("broken")) };
        using var cache = new DnsCache(resolver, new DnsOptions(), new FakeTimeProvider());
        await Assert.ThatAsync(() => cache.LookUpMxAsync(Name, default), Throws.InvalidOperationException);
        resolver.Gate = Task.CompletedTask;
        Assert.That(await cache.LookUpMxAsync(Name, default), Is.InstanceOf<DnsAnswer<MxRecord>.Found>());
    }

    private static DnsAnswer<MxRecord>.Found Found(int seconds) => new([new MxRecord(10, "mx.example.com")], TimeSpan.FromSeconds(seconds), Name, false);

    private sealed class Resolver(DnsAnswer<MxRecord> answer) : IDnsResolver
    {
        private int _asked;

        public int Asked => _asked;

        public Task Gate { get; set; } = Task.CompletedTask;

        public async Task<DnsAnswer<MxRecord>> LookUpMxAsync(DomainName name, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            await Gate;
            return answer;
        }

        public Task<DnsAnswer<TxtRecord>> LookUpTxtAsync(DomainName name, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            return Task.FromResult<DnsAnswer<TxtRecord>>(new DnsAnswer<TxtRecord>.NoRecords(true, TimeSpan.FromMinutes(1)));
        }

        public Task<DnsAnswer<IPAddress>> LookUpAddressesAsync(DomainName name, AddressFamily family, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            return Task.FromResult<DnsAnswer<IPAddress>>(family == AddressFamily.InterNetwork
                ? new DnsAnswer<IPAddress>.Found([IPAddress.Loopback], TimeSpan.FromMinutes(1), name, false)
                : new DnsAnswer<IPAddress>.NoRecords(true, TimeSpan.FromMinutes(1)));
        }
    }
}
