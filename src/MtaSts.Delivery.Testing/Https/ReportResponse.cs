namespace MtaSts.Delivery.Testing.Https;

/// <summary>How a host for TLS reports answers.</summary>
internal sealed record ReportResponse(int Status, string? Location, bool Stalls)
{
    public TimeSpan? DripInterval { get; init; }

    public bool HasHugeHeaders { get; init; }

    public bool IsEndless { get; init; }

    public static ReportResponse Usual { get; } = new(201, null, false);
}
