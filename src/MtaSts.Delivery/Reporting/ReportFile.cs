using System.IO.Compression;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>A report as it is sent: gzip, with its name. RFC 8460 §5.1, §5.2.</summary>
/// <param name="Name">For example <c>sender.example!receiver.example!1767225600!1767311999!0123ab.json.gz</c>.</param>
/// <param name="Content">The report, packed.</param>
/// <param name="Report">What is in it.</param>
/// <param name="Domain">The domain that it is about.</param>
/// <param name="Submitter">The domain that it comes from.</param>
internal sealed record ReportFile(string Name, byte[] Content, TlsReport Report, DomainName Domain, DomainName Submitter)
{
    public const string MediaType = "application/tlsrpt+gzip";

    public static ReportFile From(TlsReport report, DomainName domain, DomainName submitter)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            gzip.Write(ReportJson.Write(report));
        }

        // The id's left part is all letters and digits; the whole has characters that a file name must not.
        string id = report.ReportId!.Split('@')[0];
        string name = FormattableString.Invariant($"{submitter}!{domain}!{report.Start!.Value.ToUnixTimeSeconds()}!{report.End!.Value.ToUnixTimeSeconds()}!{id}.json.gz");
        return new ReportFile(name, packed.ToArray(), report, domain, submitter);
    }
}
