using System.Net.Security;
using System.Security.Authentication;

namespace MtaSts.Delivery.Certificates;

/// <summary>What came of a TLS handshake.</summary>
internal abstract record HandshakeResult
{
    private HandshakeResult()
    {
    }

    /// <summary>TLS is up; what the certificate is worth stands in the findings; what was presented is there when it was to be kept.</summary>
    public sealed record Established(SslStream Stream, SslProtocols Protocol, TlsCipherSuite CipherSuite, CertificateFindings Certificate, PresentedChain? Chain) : HandshakeResult;

    /// <summary>No common protocol, garbage, a closed connection, or no end in time.</summary>
    public sealed record Failed(bool IsTimeout, string Reason) : HandshakeResult;
}
