namespace MtaSts.Delivery.Reporting;

/// <summary>The result types of TLS reports. RFC 8460 §4.3.</summary>
public static class TlsResultTypes
{
    /// <summary>Every result type, in the order of the RFC.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        "starttls-not-supported", "certificate-host-mismatch", "certificate-expired", "certificate-not-trusted", "validation-failure",
        "tlsa-invalid", "dnssec-invalid", "dane-required", "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid",
    ];
}
