namespace MtaSts.Delivery.Testing.Network;

/// <summary>Who signs a certificate, and what of the chain the server sends.</summary>
internal enum CertificateIssuer
{
    Root,
    Intermediate,
    MissingIntermediate,
    ExpiredIntermediate,
    Untrusted,
    Itself,
}
