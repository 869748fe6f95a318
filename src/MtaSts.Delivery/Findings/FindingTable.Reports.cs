namespace MtaSts.Delivery.Findings;

/// <content>The <c>_smtp._tls</c> record and TLS reports. RFC 8460.</content>
public static partial class FindingTable
{
    private const string NoReports = "Mail is not concerned, but no reports come: nobody tells you when senders cannot deliver by the policy.";
    private const string FewerReports = "Mail is not concerned; no reports go to this address.";
    private const string StillRead = "Mail is not concerned; this reader takes the report all the same, strict ones refuse it.";
    private const string NotRead = "Mail is not concerned; the report is lost.";
    private const string TellReporter = "Tell the reporter, whose program wrote it.";
    private const string TlsRecord = "RFC 8460 §3";
    private const string ReportFormat = "RFC 8460 §4.4";

    private static IEnumerable<FindingRow> Reports() =>
    [
        new("rpt.found", Info, "There is exactly one valid TLSRPT record.", "Senders report every day what they met.", "Nothing to do.", TlsRecord),
        new("rpt.missing", Warning, "There is no TLSRPT record at _smtp._tls.", NoReports, "Publish a TXT record at _smtp._tls.DOMAIN such as \"v=TLSRPTv1; rua=mailto:tls-reports@example.com\".", TlsRecord),
        new("rpt.multiple", Error, "There is more than one TLSRPT record.", NoReports, "Remove all but one; a record may name several addresses, separated by commas.", TlsRecord),
        new("rpt.version-wrong", Error, "The version is not exactly v=TLSRPTv1.", NoReports, "Begin the record with v=TLSRPTv1; in exactly these letters.", TlsRecord),
        new("rpt.version-missing", Error, "The record has rua but no version.", NoReports, "Begin the record with v=TLSRPTv1;.", TlsRecord),
        new("rpt.version-not-first", Error, "Something stands before v=TLSRPTv1.", NoReports, "Put v=TLSRPTv1; first.", TlsRecord),
        new("rpt.separator-missing", Error, "Fields are not separated by a semicolon.", NoReports, "Write v=TLSRPTv1; rua=mailto:… with a semicolon between the fields.", TlsRecord),
        new("rpt.field-malformed", Error, "A field is not of the form name=value.", NoReports, "Write v=TLSRPTv1; rua=mailto:… and nothing else.", TlsRecord),
        new("rpt.rua-missing", Error, "The record has no rua.", NoReports, "Add rua=mailto:tls-reports@example.com.", TlsRecord),
        new("rpt.rua-scheme", Error, "An address in rua begins with neither mailto: nor https:.", FewerReports, "Write rua=mailto:tls-reports@example.com, with mailto: in front.", TlsRecord),
        new("rpt.rua-malformed", Error, "An address in rua is no usable URI.", FewerReports, "Write one mailbox behind mailto:, or a URL with a host name behind https:.", TlsRecord),
        new("rpt.none-usable", Error, "No address in rua can be used.", NoReports, "Write rua=mailto:tls-reports@example.com.", TlsRecord),
        new("rpt.rua-duplicate", Warning, "An address stands in rua twice.", "Some senders report twice.", "Remove one.", TlsRecord),
        new("rpt.rua-own-domain", Info, "Reports go by mail to the domain that they are about.", "When its MX hosts fail the policy, reports reach them only because reports are sent without regard to it.", "Nothing to do; a mailbox elsewhere, or https:, is surer.", "RFC 8460 §3, §5.3"),
        new("rpt.sts-record-here", Error, "The MTA-STS record stands at _smtp._tls.", NoReports, "Move the v=STSv1 record to _mta-sts.DOMAIN, and publish a v=TLSRPTv1 record here.", "RFC 8460 §3, RFC 8461 §3.1"),
        new("rpt.unrelated-txt", Info, "A TXT record of another kind stands at the same name.", HarmlessNow, "Nothing to do.", TlsRecord),
        new("rpt.split-strings", Info, "The record consists of several strings.", "None: senders join them without anything between.", "Look whether the joined text is what was meant.", TlsRecord),
        new("rpt.not-text", Error, "The file is not UTF-8 text, perhaps UTF-16 from a shell's redirection.", "Nothing can be said about the record.", "Name a text file with the output of dig +short TXT _smtp._tls.DOMAIN.", TlsRecord),
        new("rpt.look-up-comment", Error, "The look-up that was pasted here failed.", "Nothing can be said about the record.", "Repeat the look-up: dig +short TXT _smtp._tls.DOMAIN.", TlsRecord),
        new("rpt.dns-failure", Error, "The look-up of the _smtp._tls record failed.", "Senders try again later.", "Repeat it later; if it lasts, look at the domain's name servers.", TlsRecord),
        new("rpt.unreadable", Error, "The file cannot be read, or is longer than a record may be.", "Nothing can be said about the record.", "Name a readable file with the output of dig +short TXT _smtp._tls.DOMAIN.", TlsRecord),
        new("report.conforms", Info, "The report is as the standard asks.", "None.", "Nothing to do.", ReportFormat),
        new("report.unreadable", Error, "The file cannot be read.", NotRead, "Name a readable file.", ReportFormat),
        new("report.not-gzip", Error, "The file begins like gzip and cannot be unpacked.", NotRead, "Save the attachment anew; it may have been cut off.", "RFC 8460 §5.2"),
        new("report.too-large", Error, "The report is longer than 16 MiB, packed or unpacked.", NotRead, TellReporter, "RFC 8460 §5.2"),
        new("report.not-json", Error, "The text is not JSON.", NotRead, "Name the report (.json or .json.gz), or the whole mail that brought it.", ReportFormat),
        new("report.not-report", Error, "The text is JSON or a mail, but no TLS report.", NotRead, "Name a TLS report; DMARC reports are another thing.", ReportFormat),
        new("report.missing-member", Warning, "A member that must be there is not.", StillRead, TellReporter, ReportFormat),
        new("report.unknown-member", Warning, "A member that the standard does not know.", StillRead, TellReporter, ReportFormat),
        new("report.duplicate-member", Warning, "A member stands there twice.", StillRead, TellReporter, "RFC 7493 §2.3"),
        new("report.wrong-type", Warning, "A member has another JSON type than it should.", StillRead, TellReporter, ReportFormat),
        new("report.count-invalid", Warning, "A count is no integer from 0 up.", StillRead, TellReporter, ReportFormat),
        new("report.date-time-invalid", Warning, "A date and time is not of the form of RFC 3339.", StillRead, TellReporter, "RFC 8460 §4.4, RFC 3339 §5.6"),
        new("report.date-range-reversed", Warning, "The time reported on begins after its end.", StillRead, TellReporter, ReportFormat),
        new("report.mx-host-not-array", Warning, "mx-host is a string, not an array, as an example in the standard has it.", StillRead, TellReporter, "RFC 8460 §4.4, erratum 6241"),
        new("report.policy-string-not-array", Warning, "policy-string is a string, not an array.", StillRead, TellReporter, ReportFormat),
        new("report.unknown-policy-type", Warning, "A policy type is none of tlsa, sts and no-policy-found.", StillRead, TellReporter, ReportFormat),
        new("report.unknown-result-type", Warning, "A result type is none of the standard's.", StillRead, TellReporter, "RFC 8460 §4.3"),
        new("report.policy-domain-invalid", Warning, "A policy domain is no domain name in A-labels.", StillRead, TellReporter, ReportFormat),
        new("report.contact-invalid", Warning, "contact-info is no mailbox.", StillRead, TellReporter, ReportFormat),
        new("report.address-invalid", Warning, "An address is no IP address.", StillRead, TellReporter, ReportFormat),
        new("report.uri-invalid", Warning, "additional-information is no URI.", StillRead, TellReporter, ReportFormat),
        new("report.no-policies", Warning, "The report has no policy.", StillRead, TellReporter, ReportFormat),
        new("report.byte-order-mark", Warning, "The text begins with a byte-order mark.", StillRead, TellReporter, "RFC 7493 §2.1"),
        new("report.text-invalid", Warning, "A string is not Unicode, or has control characters.", StillRead, TellReporter, "RFC 7493 §2.1"),
        new("report.text-too-long", Warning, "A string is longer than 2,048 characters.", StillRead, TellReporter, ReportFormat),
    ];
}
