namespace MtaSts.Delivery.Dns;

/// <summary>One TXT record, its character-strings joined with nothing between. RFC 8461 §3.1.</summary>
/// <param name="Text">The text; octets that are not UTF-8 appear as U+FFFD.</param>
public sealed record TxtRecord(string Text);
