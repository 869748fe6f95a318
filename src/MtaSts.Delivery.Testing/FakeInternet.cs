using System.Globalization;
using System.Net;
using Microsoft.Extensions.Time.Testing;
using MtaSts.Delivery.Testing.Network;
using MtaSts.Delivery.Testing.Zones;

namespace MtaSts.Delivery.Testing;

/// <summary>An internet in one process: DNS, policy hosts, MX hosts, a certificate authority and a clock, on real loopback sockets.</summary>
/// <remarks>
/// Each host has an address of its own from the documentation networks. A sender is told by <see cref="Map"/> which
/// loopback port plays an address, and asks before each connection. Any number of internets may exist side by side.
/// </remarks>
public sealed partial class FakeInternet : IAsyncDisposable
{
    private static readonly DateTimeOffset Start = new(2026, 1, 15, 12, 0, 0, TimeSpan.Zero);
    private readonly DnsServer _dnsServer;
    private readonly Registry<FakeDomain> _domains;
    private readonly Registry<FakeMxHost> _mxHosts;
    private readonly Registry<FakePolicyHost> _policyHosts;
    private int _policyIds;

    private FakeInternet(DateTimeOffset start, IPEndPoint dns, bool isStandAlone)
    {
        Network = new FakeNetwork(start, isStandAlone);
        Authority = new TestCertificateAuthority(Network.Clock);
        var zone = new Zone();
        _dnsServer = new DnsServer(Network, zone, dns);
        Dns = new FakeDns(_dnsServer, zone);
        _domains = new Registry<FakeDomain>(name => new FakeDomain(this, name));
        _mxHosts = new Registry<FakeMxHost>(name => new FakeMxHost(this, name));
        _policyHosts = new Registry<FakePolicyHost>(name => new FakePolicyHost(this, name));
    }

    /// <summary>The clock of everything here, and of a sender under test. It starts at 2026-01-15T12:00:00Z.</summary>
    /// <remarks><c>AdjustTime</c> moves elapsed time too, which no real clock does that is set: to a sender, that much time has passed.</remarks>
    public FakeTimeProvider Clock => Network.Clock;

    /// <summary>The certificate authority, whose root a sender under test must trust.</summary>
    public TestCertificateAuthority Authority { get; }

    /// <summary>The DNS.</summary>
    public FakeDns Dns { get; }

    /// <summary>Whether simulated time passes by itself while a fake server keeps its client waiting. True unless set; a sender with a clock of its own needs false.</summary>
    public bool PumpsClock
    {
        get => Network.Pump.IsEnabled;
        set => Network.Pump.IsEnabled = value;
    }

    /// <summary>The messages that all MX hosts accepted, in order of time.</summary>
    public IReadOnlyList<ReceivedMessage> Messages =>
        [.. _mxHosts.All.SelectMany(host => host.Messages).OrderBy(message => message.Time)];

    /// <summary>The SMTP sessions of all MX hosts, in order of time, those that failed early included.</summary>
    public IReadOnlyList<SmtpTranscript> Sessions =>
        [.. _mxHosts.All.SelectMany(host => host.Sessions).OrderBy(session => session.Started)];

    /// <summary>The attempts to connect to anything here, in order of time, unknown endpoints included.</summary>
    public IReadOnlyList<ConnectionAttempt> Connections => Network.Attempts;

    /// <summary>What must have happened here, as sentences that throw when they are not true.</summary>
    public Verification Verify => field ??= new Verification(this);

    internal IReadOnlyList<FakeMxHost> MxHosts => _mxHosts.All;

    internal IEnumerable<string> DomainNames => _domains.All.Select(domain => domain.Name);

    internal FakeNetwork Network { get; }

    /// <summary>Starts an internet with nothing in it.</summary>
    public static Task<FakeInternet> StartAsync() => Task.FromResult(new FakeInternet(Start, new IPEndPoint(IPAddress.Loopback, 0), isStandAlone: false));

    /// <summary>Starts an internet for senders in other processes, which ask nobody the way: hosts listen at their own addresses, on ports 25 and 443, and the clock goes with real time.</summary>
    /// <remarks>The machine must have the addresses that hosts are given (<c>ip address add 192.0.2.1/32 dev lo</c>), and the process the right to
    /// these ports; a network namespace of its own gives both and disturbs nobody. Otherwise the set-up of a host throws, and says so.</remarks>
    /// <param name="dns">Where the resolver listens, for example 127.0.0.1:53.</param>
    public static Task<FakeInternet> StartStandAloneAsync(IPEndPoint dns)
    {
        ArgumentNullException.ThrowIfNull(dns);
        var internet = new FakeInternet(TimeProvider.System.GetUtcNow(), dns, isStandAlone: true);
        internet.Network.RunInRealTime();
        return Task.FromResult(internet);
    }

    /// <summary>The domain of a name, made when it is first asked for. It has no records before it is given some.</summary>
    public FakeDomain Domain(string name)
    {
        RefuseWhenDisposed();
        return _domains.GetOrAdd(name);
    }

    /// <summary>The MX host of a name, made when it is first asked for: with the addresses that DNS has for it, or else with a fresh one.</summary>
    public FakeMxHost MxHost(string name)
    {
        RefuseWhenDisposed();
        string canonical = HostNames.Canonical(name);
        return !IsAlias(canonical)
            ? _mxHosts.GetOrAdd(canonical)
            : throw new InvalidOperationException($"{canonical} is an alias in DNS; ask for the MX host that it leads to.");
    }

    /// <summary>The loopback endpoint that plays an endpoint of this internet; one that refuses connections for an unknown endpoint or a host that is down.</summary>
    /// <remarks>To be asked anew before each connection: faults of the connection are decided here.</remarks>
    public IPEndPoint Map(IPEndPoint endPoint)
    {
        ArgumentNullException.ThrowIfNull(endPoint);
        return Network.Map(endPoint);
    }

    /// <summary>Ends all servers and connections, and waits for them.</summary>
    public async ValueTask DisposeAsync()
    {
        _dnsServer.Dispose();
        await Network.DisposeAsync().ConfigureAwait(false);
        Authority.Dispose();
    }

    internal FakeMxHost? KnownMxHost(string name) => _mxHosts.Find(name);

    internal FakeDomain? KnownDomain(string name) => _domains.Find(name);

    internal FakePolicyHost PolicyHost(string name) => _policyHosts.GetOrAdd(name);

    internal bool IsAlias(string host) => Dns.RecordsOf(host).Any(record => record.Type == DnsRecordType.Cname);

    private void RefuseWhenDisposed() => ObjectDisposedException.ThrowIf(Network.Ended.IsCancellationRequested, this);

    internal string NextPolicyId() =>
        string.Create(CultureInfo.InvariantCulture, $"{Clock.GetUtcNow():yyyyMMdd}{Interlocked.Increment(ref _policyIds):D6}");
}
