namespace MtaSts.Delivery.Testing.Network;

/// <summary>Where a certificate's validity lies, seen from the fake clock.</summary>
internal enum CertificateDates
{
    Current,
    Past,
    Future,
}
