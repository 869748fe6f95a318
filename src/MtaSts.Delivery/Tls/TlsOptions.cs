using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Tls;

/// <summary>TLS with MX hosts.</summary>
public sealed class TlsOptions
{
    /// <summary>Domains that mail is never handed over for without TLS, by policy domain. Empty unless set. RFC 3207 §6.</summary>
    /// <remarks>A demand can only add to what the domain's own policy asks.</remarks>
    public IDictionary<DomainName, TlsDemand> Demands { get; } = new Dictionary<DomainName, TlsDemand>();

    /// <summary>How long a TLS handshake may take. One minute unless set; 0.1 s to 10 min.</summary>
    public TimeSpan HandshakeTimeout { get; set; } = TimeSpan.FromMinutes(1);

    internal IEnumerable<string> Validate()
    {
        if (HandshakeTimeout < TimeSpan.FromMilliseconds(100) || HandshakeTimeout > TimeSpan.FromMinutes(10))
        {
            yield return $"Tls.HandshakeTimeout is {HandshakeTimeout}; use 0.1 seconds to 10 minutes.";
        }
    }
}
