namespace MtaSts.Delivery.Testing;

/// <summary>A line of an SMTP session.</summary>
/// <param name="Direction">Who said it.</param>
/// <param name="Text">The line without its end. Message content and what is not SMTP stand in parentheses.</param>
/// <param name="IsTls">Whether it was said under TLS.</param>
public sealed record SmtpLine(SmtpDirection Direction, string Text, bool IsTls)
{
    /// <summary>The line as it stands in a transcript: <c>C</c> or <c>S</c>, and <c>s</c> behind it under TLS.</summary>
    public override string ToString() => $"{(Direction == SmtpDirection.Client ? 'C' : 'S')}{(IsTls ? "s" : " ")}: {Text}";
}
