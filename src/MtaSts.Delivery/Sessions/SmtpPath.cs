namespace MtaSts.Delivery.Sessions;

/// <summary>What a MAIL or RCPT command names.</summary>
/// <param name="Address">The address that goes between the angle brackets; empty for the null reverse-path.</param>
/// <param name="Parameters">Parameters behind those that the client writes itself, each with a blank in front; or empty.</param>
internal readonly record struct SmtpPath(string Address, string Parameters = "");
