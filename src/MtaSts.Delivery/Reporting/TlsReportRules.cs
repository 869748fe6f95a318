using System.Globalization;
using System.Net;
using System.Text.Json;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>From JSON to a report, telling every deviation. RFC 8460 §4.4, §4.5.</summary>
internal static class TlsReportRules
{
    private static readonly string[] ReportMembers = ["organization-name", "date-range", "contact-info", "report-id", "policies"];
    private static readonly string[] DateRangeMembers = ["start-datetime", "end-datetime"];
    private static readonly string[] EntryMembers = ["policy", "summary", "failure-details"];
    private static readonly string[] PolicyMembers = ["policy-type", "policy-string", "policy-domain", "mx-host"];
    private static readonly string[] SummaryMembers = ["total-successful-session-count", "total-failure-session-count"];

    private static readonly string[] FailureMembers =
    [
        "result-type", "sending-mta-ip", "receiving-mx-hostname", "receiving-mx-helo", "receiving-ip", "failed-session-count",
        "additional-information", "failure-reason-code",
    ];

    public static TlsReportReading Read(JsonElement root, bool hasByteOrderMark)
    {
        var notes = new ReadingNotes();
        if (hasByteOrderMark)
        {
            notes.Add(TlsReportDeviationKind.ByteOrderMark, "", "the text begins with a byte order mark");
        }

        JsonObject report = JsonObject.From(root, "", ReportMembers, notes);
        if (!report.HasAny)
        {
            return new TlsReportReading.Unreadable(TlsReportFault.NotReport, "none of the members of a TLS report is there");
        }

        string? organization = report.Text("organization-name");
        JsonObject range = report.Object("date-range", DateRangeMembers);
        DateTimeOffset? start = ReadDateTime(range, "start-datetime"), end = ReadDateTime(range, "end-datetime");
        if (start > end)
        {
            notes.Add(TlsReportDeviationKind.DateRangeReversed, "date-range", "start-datetime is after end-datetime");
        }

        string? contact = report.Text("contact-info");
        if (contact is not null && !EnvelopeAddress.TryParse(contact, out _))
        {
            notes.Add(TlsReportDeviationKind.ContactInvalid, "contact-info", $"'{contact}' is no mailbox");
        }

        string? id = report.Text("report-id");
        TlsReportPolicy[] policies = [.. report.Objects("policies", EntryMembers, required: true).Select(entry => ReadEntry(entry, notes))];
        if (policies.Length == 0)
        {
            notes.Add(TlsReportDeviationKind.NoPolicies, "policies", "the report has no policy");
        }

        return new TlsReportReading.Read(new TlsReport(organization, start, end, contact, id, policies), notes.All);
    }

    private static TlsReportPolicy ReadEntry(JsonObject entry, ReadingNotes notes)
    {
        JsonObject policy = entry.Object("policy", PolicyMembers);
        string? type = policy.Text("policy-type");
        if (type is not (null or "sts" or "tlsa" or "no-policy-found"))
        {
            notes.Add(TlsReportDeviationKind.UnknownPolicyType, policy.PathOf("policy-type"), $"'{type}' is none of sts, tlsa and no-policy-found");
        }

        IReadOnlyList<string> lines = policy.Texts("policy-string", TlsReportDeviationKind.PolicyStringNotArray, required: type is "sts" or "tlsa");
        string? domain = policy.Text("policy-domain");
        if (domain is not null && !(DomainName.TryParse(domain, out DomainName? name) && string.Equals(name.Value, domain, StringComparison.OrdinalIgnoreCase)))
        {
            notes.Add(TlsReportDeviationKind.PolicyDomainInvalid, policy.PathOf("policy-domain"), $"'{domain}' is no domain name in A-labels");
        }

        IReadOnlyList<string> mxHosts = policy.Texts("mx-host", TlsReportDeviationKind.MxHostNotArray, required: type is "sts");
        JsonObject summary = entry.Object("summary", SummaryMembers);
        long? successful = summary.Count("total-successful-session-count"), failed = summary.Count("total-failure-session-count");
        TlsReportFailure[] failures = [.. entry.Objects("failure-details", FailureMembers, required: false).Select(detail => ReadFailure(detail, notes))];
        return new TlsReportPolicy(type, lines, domain, mxHosts, successful, failed, failures);
    }

    private static TlsReportFailure ReadFailure(JsonObject detail, ReadingNotes notes)
    {
        string? type = detail.Text("result-type");
        if (type is not null && !TlsResultTypes.All.Contains(type))
        {
            notes.Add(TlsReportDeviationKind.UnknownResultType, detail.PathOf("result-type"), $"'{type}' is no result type");
        }

        string? uri = detail.Text("additional-information", required: false);
        if (uri is not null && !Uri.IsWellFormedUriString(uri, UriKind.Absolute))
        {
            notes.Add(TlsReportDeviationKind.UriInvalid, detail.PathOf("additional-information"), "it is no URI");
        }

        return new TlsReportFailure(
            type,
            ReadAddress(detail, "sending-mta-ip", notes),
            // SocketLabs writes receiving-mx-host-name.
            detail.Text("receiving-mx-hostname", required: false) ?? detail.Text("receiving-mx-host-name", required: false),
            detail.Text("receiving-mx-helo", required: false),
            ReadAddress(detail, "receiving-ip", notes),
            detail.Count("failed-session-count"),
            uri,
            detail.Text("failure-reason-code", required: false));
    }

    private static string? ReadAddress(JsonObject detail, string name, ReadingNotes notes)
    {
        string? text = detail.Text(name, required: false);
        // IPAddress also takes "1" and "127.1", which are no addresses in a report.
        if (text is not null && !(IPAddress.TryParse(text, out _) && (text.Contains(':', StringComparison.Ordinal) || text.Count(c => c == '.') == 3)))
        {
            notes.Add(TlsReportDeviationKind.AddressInvalid, detail.PathOf(name), $"'{text}' is no IP address");
        }

        return text;
    }

    private static DateTimeOffset? ReadDateTime(JsonObject range, string name)
    {
        if (range.Text(name) is not { } text)
        {
            return null;
        }

        string[] rfc3339 = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFzzz"];
        if (DateTimeOffset.TryParseExact(text, rfc3339, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment))
        {
            return moment;
        }

        range.Note(TlsReportDeviationKind.DateTimeInvalid, name, $"'{text}' is no date and time with a zone, as in RFC 3339");
        string[] withoutZone = ["yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", "yyyy-MM-dd' 'HH:mm:ss.FFFFFFF", "yyyy-MM-dd' 'HH:mm:ss.FFFFFFF'Z'", "yyyy-MM-dd"];
        if (DateTimeOffset.TryParseExact(text, withoutZone, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out moment))
        {
            return moment;
        }

        // RFC 8460 §4.1 speaks of 24:00, an hour that RFC 3339 does not have.
        return text.EndsWith("T24:00:00Z", StringComparison.Ordinal)
            && DateTimeOffset.TryParseExact(text[..10], "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out moment) && moment < DateTimeOffset.MaxValue.AddDays(-2)
            ? moment.AddDays(1)
            : null;
    }
}
