namespace MtaSts.Delivery.Testing;

/// <summary>What must become of the message for one recipient.</summary>
/// <param name="Recipient">The recipient.</param>
/// <param name="Class">Delivered, deferred or failed.</param>
/// <param name="Status">The enhanced status, such as <c>4.7.5</c>. RFC 3463.</param>
public sealed record ExpectedOutcome(string Recipient, OutcomeClass Class, string Status)
{
    /// <summary>The MX host that takes the message; <see langword="null"/> when any may, or none does.</summary>
    public string? MxHost { get; init; }

    /// <summary>How a message that is delivered must travel.</summary>
    public Protection Protection { get; init; }

    /// <summary>Whether the whole message went out and only the answer is missing, so that another try can make a duplicate.</summary>
    public bool MayHaveBeenDelivered { get; init; }

    /// <summary>The outcome in words.</summary>
    public override string ToString() => Class switch
    {
        OutcomeClass.Delivered => $"delivered{(MxHost is null ? "" : $" to `{MxHost}`")} {How(Protection)}",
        OutcomeClass.Deferred => $"deferred with {Status}{(MayHaveBeenDelivered ? ", perhaps delivered" : "")}",
        _ => $"failed with {Status}",
    };

    private static string How(Protection protection) => protection switch
    {
        Protection.Verified => "over verified TLS",
        Protection.Encrypted => "over TLS, not verified",
        _ => "in clear text",
    };
}
