using System.Net;
using MtaSts.Delivery.Certificates;

namespace MtaSts.Delivery.Policies;

/// <summary>The finding behind a fetch that brought no policy. RFC 8461 §3.3.</summary>
internal static class PolicyFetchCodes
{
    public static string OfStatus(HttpStatusCode status) => (int)status switch
    {
        >= 300 and < 400 => "http.redirect",
        404 or 410 => "http.not-found",
        401 or 403 or 429 => "http.forbidden",
        >= 500 => "http.server-error",
        _ => "http.status",
    };

    public static string OfMediaType(string? mediaType) => mediaType switch
    {
        null => "http.media-type-missing",
        _ when mediaType.Equals("text/html", StringComparison.OrdinalIgnoreCase) => "http.html",
        _ => "http.media-type",
    };

    public static string OfCertificate(CertificateFindings certificate) => certificate.Problems switch
    {
        var problems when problems.HasFlag(CertificateProblems.HostMismatch) => certificate.DnsNames.Count == 0 ? "host.cert-cn-only" : "host.cert-name",
        var problems when problems.HasFlag(CertificateProblems.Expired) => "host.cert-expired",
        var problems when problems.HasFlag(CertificateProblems.NotYetValid) => "host.cert-not-yet-valid",
        var problems when problems.HasFlag(CertificateProblems.SelfSigned) => "host.cert-self-signed",
        var problems when problems.HasFlag(CertificateProblems.NotTrusted) => "host.cert-untrusted",
        var problems when problems.HasFlag(CertificateProblems.WrongUsage) => "host.cert-usage",
        _ => "host.cert-invalid",
    };
}
