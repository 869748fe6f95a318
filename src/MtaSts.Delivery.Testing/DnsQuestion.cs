namespace MtaSts.Delivery.Testing;

/// <summary>A question that reached the fake DNS.</summary>
/// <param name="Name">The name in lower case, without a dot at the end.</param>
/// <param name="Type">The record type.</param>
/// <param name="Transport">How it arrived.</param>
public sealed record DnsQuestion(string Name, DnsRecordType Type, DnsTransport Transport);
