namespace MtaSts.Delivery.Testing;

/// <summary>How a DNS question arrived.</summary>
public enum DnsTransport
{
    /// <summary>In a datagram.</summary>
    Udp,

    /// <summary>Over a connection.</summary>
    Tcp,
}
