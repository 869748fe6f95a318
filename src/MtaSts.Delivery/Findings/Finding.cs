namespace MtaSts.Delivery.Findings;

/// <summary>One thing that was noticed about a record, a policy, a host or a certificate.</summary>
/// <param name="Code">Its stable code, for example <c>record.id-invalid</c>; <see cref="FindingTable"/> says what it means.</param>
/// <param name="Message">What was seen, for a person, without control characters.</param>
/// <param name="Line">The line it is about, from 1; <see langword="null"/> when it is about the whole.</param>
public sealed record Finding(string Code, string Message, int? Line = null)
{
    /// <summary>How much it matters.</summary>
    public FindingSeverity Severity => FindingTable.For(Code).Severity;

    /// <summary>The message, with the line in front where there is one.</summary>
    public override string ToString() => Line is { } line ? FormattableString.Invariant($"line {line}: {Message}") : Message;
}
