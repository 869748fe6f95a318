using System.Diagnostics;
using System.Diagnostics.Metrics;
using MtaSts.Delivery.Outcomes;

namespace MtaSts.Delivery.Diagnostics;

/// <summary>Traces and metrics, both named <c>MtaSts.Delivery</c>: no addresses, no domains, no unbounded labels.</summary>
internal sealed class Telemetry : IDisposable
{
    private const string Name = "MtaSts.Delivery";

    private readonly Meter _meter = new(Name);
    private readonly ActivitySource _activities = new(Name);
    private readonly Counter<long> _outcomes;
    private readonly Histogram<double> _attempts;

    public Telemetry()
    {
        _outcomes = _meter.CreateCounter<long>("mtasts.delivery.outcomes", "{recipient}", "Recipients by outcome and failure.");
        _attempts = _meter.CreateHistogram<double>("mtasts.delivery.attempt.duration", "s", "Attempts with one address of one MX host, by failure.");
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

    public void Record(DeliveryAttempt attempt) => _attempts.Record(attempt.Elapsed.TotalSeconds, new KeyValuePair<string, object?>("error.type", attempt.Failure?.ToString()));

    public void Dispose()
    {
        _meter.Dispose();
        _activities.Dispose();
    }
}
