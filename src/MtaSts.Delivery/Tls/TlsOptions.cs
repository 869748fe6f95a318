namespace MtaSts.Delivery.Tls;

/// <summary>TLS with MX hosts.</summary>
public sealed class TlsOptions
{
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
