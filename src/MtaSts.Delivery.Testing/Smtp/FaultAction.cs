namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>What a server does in place of its proper reply.</summary>
internal abstract record FaultAction
{
    private FaultAction()
    {
    }

    public sealed record Reply(string Text) : FaultAction;

    public sealed record Drop : FaultAction;

    public sealed record Reset : FaultAction;

    public sealed record Stall : FaultAction;

    public sealed record Drip(string? Text, int Octets, TimeSpan Interval) : FaultAction;

    public sealed record Flood : FaultAction;

    public sealed record Garbage : FaultAction;

    public sealed record Delay(TimeSpan Time) : FaultAction;

    public sealed record RefuseConnection : FaultAction;

    public sealed record BlackHole : FaultAction;
}
