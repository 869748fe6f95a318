using System.Collections.Concurrent;
using System.Net.Security;
using MtaSts.Delivery.Benchmarks.Load;
using MtaSts.Delivery.Benchmarks.Sinks;

namespace MtaSts.Delivery.Benchmarks.Stress;

/// <summary>One MX host of the stress test: what it shows changes, and at every point of a session something may go wrong.</summary>
internal sealed class StressHost : IFaultPlan, IDisposable
{
    private static readonly SinkFault[] AtReplies = [SinkFault.DropBefore, SinkFault.DropAfter, SinkFault.Slow, SinkFault.Closing];
    private static readonly SinkFault[] AtEnvelope = [.. AtReplies, SinkFault.Temporary, SinkFault.Permanent];
    private static readonly SinkFault[] AtFinalDot = [.. AtEnvelope, SinkFault.DropAccepted, SinkFault.DropAccepted];
    private static readonly SinkFault[] AtContent = [SinkFault.DropBefore];

    private readonly int _number;
    private readonly int _seed;
    private readonly Ledger _ledger;
    private readonly ConcurrentDictionary<(SinkPoint, SinkFault), int> _done;
    private readonly SslStreamCertificateContext[] _certificates;
    private int _sessions;
    private int _state;

    /// <param name="number">Its number.</param>
    /// <param name="seed">Where its chances come from.</param>
    /// <param name="trusted">The authority that clients trust.</param>
    /// <param name="untrusted">One that they do not.</param>
    /// <param name="ledger">Is told what it accepts.</param>
    /// <param name="done">Counts what went wrong.</param>
    public StressHost(int number, int seed, TestAuthority trusted, TestAuthority untrusted, Ledger ledger, ConcurrentDictionary<(SinkPoint, SinkFault), int> done)
    {
        (_number, _seed, _ledger, _done) = (number, seed, ledger, done);
        string name = LoadWorld.MxName(number);
        _certificates = [trusted.Issue(name), trusted.Issue("other.load.example"), trusted.Issue(name, DateTimeOffset.UtcNow.AddDays(-2)), untrusted.Issue(name)];
        Sink = new SmtpSink(_ => _certificates[0], verify: true) { Faults = this };
    }

    public SmtpSink Sink { get; }

    /// <summary>What it shows to those who connect from now on.</summary>
    public HostState State
    {
        get => (HostState)Volatile.Read(ref _state);
        set => Volatile.Write(ref _state, (int)value);
    }

    public ISessionFaults Begin() => new Session(this, Chance.For(_seed, _number, Interlocked.Increment(ref _sessions)));

    public void Dispose() => Sink.Dispose();

    private sealed class Session(StressHost host, Random random) : ISessionFaults
    {
        private HostState _shown = HostState.InClear;

        public bool OffersStartTls => host.State != HostState.InClear;

        public SslStreamCertificateContext Certificate()
        {
            // A host that has stopped offering STARTTLS since its EHLO keeps its word.
            HostState state = host.State == HostState.InClear ? HostState.Good : host.State;
            _shown = state;
            return host._certificates[(int)state];
        }

        public SinkFault At(SinkPoint point)
        {
            SinkFault fault = Choose(point);
            if (fault != SinkFault.None)
            {
                host._done.AddOrUpdate((point, fault), 1, (_, count) => count + 1);
            }

            return fault;
        }

        public void Accepted(long id, IReadOnlyList<string> recipients, bool isIntact) => host._ledger.Accept(id, recipients, isIntact, host._number, _shown);

        private SinkFault Choose(SinkPoint point)
        {
            double chance = random.NextDouble();
            // One host in ten is slow.
            if (host._number % 10 == 0 && chance > 0.9 && point is not (SinkPoint.Handshake or SinkPoint.Content))
            {
                return SinkFault.Slow;
            }

            // A stall costs the client a whole timeout.
            if (chance < 0.0002 && point is not (SinkPoint.Handshake or SinkPoint.Quit))
            {
                return SinkFault.Stall;
            }

            // The final dot is where both sides can come to differ.
            if (chance > (point == SinkPoint.FinalDot ? 0.024 : 0.008))
            {
                return SinkFault.None;
            }

            SinkFault[] faults = point switch
            {
                SinkPoint.Content => AtContent,
                SinkPoint.Handshake => AtContent,
                SinkPoint.FinalDot => AtFinalDot,
                SinkPoint.Mail or SinkPoint.Rcpt or SinkPoint.Data => AtEnvelope,
                _ => AtReplies,
            };
            return faults[random.Next(faults.Length)];
        }
    }
}
