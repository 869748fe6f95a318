namespace MtaSts.Delivery.Testing;

/// <summary>The record types that mail delivery asks for. Any other number may be cast to it.</summary>
public enum DnsRecordType
{
    /// <summary>An IPv4 address.</summary>
    A = 1,

    /// <summary>A name server.</summary>
    Ns = 2,

    /// <summary>An alias.</summary>
    Cname = 5,

    /// <summary>The start of a zone; its minimum is the negative TTL.</summary>
    Soa = 6,

    /// <summary>A mail exchange.</summary>
    Mx = 15,

    /// <summary>Text.</summary>
    Txt = 16,

    /// <summary>An IPv6 address.</summary>
    Aaaa = 28,

    /// <summary>A certificate association for DANE.</summary>
    Tlsa = 52,
}
