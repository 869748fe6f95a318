using System.Diagnostics;
using System.Diagnostics.Metrics;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Diagnostics;

/// <summary>Traces and metrics, both named <c>MtaSts.Delivery</c>: no addresses, no domains, no unbounded labels.</summary>
internal sealed class Telemetry : IDisposable
{
    private const string Name = "MtaSts.Delivery";

    private readonly Meter _meter = new(Name);
    private readonly ActivitySource _activities = new(Name);
    private readonly Counter<long> _outcomes;
    private readonly Histogram<double> _attempts;
    private readonly Counter<long> _sessions;

    public Telemetry(SessionPool pool)
    {
        _outcomes = _meter.CreateCounter<long>("mtasts.delivery.outcomes", "{recipient}", "Recipients by outcome and failure.");
        _attempts = _meter.CreateHistogram<double>("mtasts.delivery.attempt.duration", "s", "Attempts with one address of one MX host, by failure.");
        _sessions = _meter.CreateCounter<long>("mtasts.delivery.sessions.used", "{message}", "Messages by the session that they went over: fresh, reused, or stale, which was reused but gone.");
        _meter.CreateObservableUpDownCounter("mtasts.delivery.sessions", () => Sessions(pool), "{session}", "Sessions with MX hosts, by state: busy or kept.");
    }

    public Activity? StartDelivery() => _activities.StartActivity("deliver", ActivityKind.Client);

    public void Record(RecipientOutcome outcome)
    {
        (string kind, FailureCode? failure) = outcome switch
        {
            RecipientOutcome.Deferred deferred => ("deferred", deferred.Failure),
            RecipientOutcome.Failed failed => ("failed", failed.Failure),
            _ => ("delivered", (FailureCode?)null),
        };
        _outcomes.Add(1, new("outcome", kind), new("error.type", failure?.ToString()));
    }

    public void Record(DeliveryAttempt attempt)
    {
        _attempts.Record(attempt.Elapsed.TotalSeconds, new KeyValuePair<string, object?>("error.type", attempt.Failure?.ToString()));
        if (attempt.Handovers.Count > 0)
        {
            _sessions.Add(1, new KeyValuePair<string, object?>("session", attempt.IsSessionReused ? "reused" : "fresh"));
        }
    }

    /// <summary>A kept session turned out to be gone, and its message takes a fresh one.</summary>
    public void RecordStaleSession() => _sessions.Add(1, new KeyValuePair<string, object?>("session", "stale"));

    public void Dispose()
    {
        _meter.Dispose();
        _activities.Dispose();
    }

    private static IEnumerable<Measurement<int>> Sessions(SessionPool pool)
    {
        (int open, int kept) = pool.Count;
        yield return new Measurement<int>(open - kept, new KeyValuePair<string, object?>("state", "busy"));
        yield return new Measurement<int>(kept, new KeyValuePair<string, object?>("state", "kept"));
    }
}
