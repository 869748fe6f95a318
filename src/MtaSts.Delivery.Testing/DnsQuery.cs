namespace MtaSts.Delivery.Testing;

/// <summary>An entry of the query log.</summary>
/// <param name="Name">The name that was asked for, in lower case, without a dot at the end.</param>
/// <param name="Type">The record type that was asked for.</param>
/// <param name="Transport">How the question arrived.</param>
/// <param name="Time">When, by the fake clock.</param>
public sealed record DnsQuery(string Name, DnsRecordType Type, DnsTransport Transport, DateTimeOffset Time);
