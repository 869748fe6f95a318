using System.Security.Cryptography.X509Certificates;

namespace MtaSts.Delivery.Certificates;

/// <summary>What certificates of MX hosts and policy hosts are measured by.</summary>
public sealed class CertificateOptions
{
    /// <summary>The roots to trust. <see langword="null"/> unless set: the system's. An empty collection trusts nobody.</summary>
    public X509Certificate2Collection? TrustAnchors { get; set; }
}
