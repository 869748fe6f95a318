using System.Net.Security;
using System.Security.Authentication;

namespace MtaSts.Delivery.Certificates;

/// <summary>What came of a TLS handshake.</summary>
internal abstract record HandshakeResult
{
    private HandshakeResult()
    {
    }

    /// <summary>TLS is up; what the certificate is worth stands in the findings.</summary>
    public sealed record Established(SslStream Stream, SslProtocols Protocol, TlsCipherSuite CipherSuite, CertificateFindings Certificate) : HandshakeResult;

    /// <summary>No common protocol, garbage, a closed connection, or no end in time.</summary>
    public sealed record Failed(bool IsTimeout, string Reason) : HandshakeResult;
}
