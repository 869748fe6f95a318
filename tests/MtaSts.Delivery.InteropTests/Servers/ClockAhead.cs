namespace MtaSts.Delivery.InteropTests.Servers;

/// <summary>The system's clock, moved on.</summary>
internal sealed class ClockAhead(TimeSpan by) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + by;
}
