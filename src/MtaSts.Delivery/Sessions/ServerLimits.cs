using System.Globalization;

namespace MtaSts.Delivery.Sessions;

/// <summary>What a server says of its own limits in reply to EHLO. RFC 9422.</summary>
/// <param name="Transactions">How many messages one session may bring: MAILMAX; <see langword="null"/> when it does not say.</param>
/// <param name="Recipients">How many recipients one transaction may have: RCPTMAX; <see langword="null"/> when it does not say.</param>
internal sealed record ServerLimits(int? Transactions, int? Recipients)
{
    public static ServerLimits None { get; } = new(null, null);

    /// <summary>Reads the LIMITS line among those of an EHLO reply; what is malformed, or zero, says nothing. RFC 9422 §3.</summary>
    public static ServerLimits From(IReadOnlyList<string> lines)
    {
        string? line = lines.Skip(1).FirstOrDefault(one => one.StartsWith("LIMITS ", StringComparison.OrdinalIgnoreCase));
        string[] limits = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
        return limits.Length == 0 ? None : new ServerLimits(Limit("MAILMAX="), Limit("RCPTMAX="));

        int? Limit(string name) => limits.FirstOrDefault(one => one.StartsWith(name, StringComparison.OrdinalIgnoreCase)) is { } limit
            && int.TryParse(limit.AsSpan(name.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int value) && value > 0 ? value : null;
    }
}
