namespace MtaSts.Delivery.Sessions;

/// <summary>A command and the reply that belongs to it, by count. RFC 2920 §3.1.</summary>
internal sealed record SmtpExchange(SmtpPhase Phase, SmtpReply Reply);
