namespace MtaSts.Delivery.Dns;

/// <summary>One MX record as it stood in the answer. RFC 1035 §3.3.9.</summary>
/// <param name="Preference">0 to 65535, lower first.</param>
/// <param name="Exchange">The exchange as the server wrote it, without the root dot; empty for the root itself (null MX, RFC 7505 §3).</param>
public sealed record MxRecord(int Preference, string Exchange);
