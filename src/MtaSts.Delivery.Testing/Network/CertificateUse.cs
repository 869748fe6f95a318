namespace MtaSts.Delivery.Testing.Network;

/// <summary>The extended key usage of a certificate.</summary>
internal enum CertificateUse
{
    ServerAuthentication,
    ClientAuthentication,
    Any,
}
