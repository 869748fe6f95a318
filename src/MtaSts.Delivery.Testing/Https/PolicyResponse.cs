using System.Collections.Immutable;

namespace MtaSts.Delivery.Testing.Https;

/// <summary>How a policy host answers.</summary>
internal sealed record PolicyResponse
{
    public const string UsualContentType = "text/plain";

    public int Status { get; init; } = 200;

    public string? ContentType { get; init; } = UsualContentType;

    public ImmutableArray<(string Name, string Value)> Headers { get; init; } = [];

    public Framing Framing { get; init; }

    public ResponseFault? Fault { get; init; }

    /// <summary>The body, where it is not the policy text.</summary>
    public byte[]? Body { get; init; }

    public string? Encoding { get; init; }

    public TimeSpan? DripInterval { get; init; }

    public int? CutAfter { get; init; }

    public bool HasHugeHeaders { get; init; }

    public bool HasEarlyHints { get; init; }
}
