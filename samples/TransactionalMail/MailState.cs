namespace TransactionalMail;

/// <summary>How far a mail has come, as the application tells it.</summary>
internal sealed record MailState(long Id, string State, string? Status, string? Explanation, string? Advice, DateTimeOffset? NextTry);
