namespace MtaSts.Delivery.Sessions;

/// <summary>A command and the reply that belongs to it, by count. RFC 2920 §3.1.</summary>
internal readonly record struct SmtpExchange(SmtpPhase Phase, SmtpReply Reply);
