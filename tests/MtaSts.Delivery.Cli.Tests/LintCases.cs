using System.IO.Compression;
using System.Text;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>For each finding of a lint an input that has it.</summary>
internal static class LintCases
{
    private const string Policy = "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmax_age: 604800\r\n";
    private const string Report = """
        {"organization-name":"Example","date-range":{"start-datetime":"2026-01-01T00:00:00Z","end-datetime":"2026-01-01T23:59:59Z"},"contact-info":"tls@example.com","report-id":"1",
         "policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1"],"policy-domain":"example.com","mx-host":["mx1.example.com"]},
         "summary":{"total-successful-session-count":5,"total-failure-session-count":1},
         "failure-details":[{"result-type":"certificate-expired","sending-mta-ip":"192.0.2.1","receiving-mx-hostname":"mx1.example.com","receiving-ip":"192.0.2.2","failed-session-count":1}]}]}
        """;

    public static IEnumerable<TestCaseData> All =>
        Text("policy", Policies).Concat(Text("record", Records)).Concat(Text("tls-record", TlsRecords)).Concat(Reports());

    private static readonly (string Code, string Text)[] Policies =
    [
        ("policy.empty", ""),
        ("policy.bom", "\uFEFF" + Policy),
        ("policy.html", "<!DOCTYPE html><html><body>404</body></html>"),
        ("policy.too-large", Policy + new string('x', 70_000)),
        ("policy.version-missing", "mode: none\r\nmax_age: 1\r\n"),
        ("policy.version-wrong", Policy.Replace("STSv1", "STSv2", StringComparison.Ordinal)),
        ("policy.version-not-first", "mode: none\r\nversion: STSv1\r\nmax_age: 604800\r\n"),
        ("policy.mode-missing", "version: STSv1\r\nmx: a.example\r\nmax_age: 604800\r\n"),
        ("policy.mode-unknown", Policy.Replace("enforce", "report", StringComparison.Ordinal)),
        ("policy.mode-case", Policy.Replace("enforce", "Enforce", StringComparison.Ordinal)),
        ("policy.max-age-missing", "version: STSv1\r\nmode: none\r\n"),
        ("policy.max-age-not-number", Policy.Replace("604800", "1 week", StringComparison.Ordinal)),
        ("policy.max-age-over-limit", Policy.Replace("604800", "99999999", StringComparison.Ordinal)),
        ("policy.max-age-zero", Policy.Replace("604800", "0", StringComparison.Ordinal)),
        ("policy.max-age-very-low", Policy.Replace("604800", "3600", StringComparison.Ordinal)),
        ("policy.max-age-low", Policy.Replace("604800", "86400", StringComparison.Ordinal)),
        ("policy.max-age-high", Policy.Replace("604800", "31557600", StringComparison.Ordinal)),
        ("policy.mx-missing", "version: STSv1\r\nmode: enforce\r\nmax_age: 604800\r\n"),
        ("policy.mx-bad-name", WithMx("-mx1.example.com")),
        ("policy.mx-list-in-one-line", WithMx("mx1.example.com, mx2.example.com")),
        ("policy.mx-preference", WithMx("10 mx1.example.com")),
        ("policy.mx-ip-literal", WithMx("192.0.2.25")),
        ("policy.mx-mail-address", WithMx("postmaster@example.com")),
        ("policy.mx-port-or-url", WithMx("mx1.example.com:25")),
        ("policy.mx-u-label", WithMx("mäil.example.com")),
        ("policy.mx-trailing-dot", WithMx("mx1.example.com.")),
        ("policy.mx-leading-dot", WithMx(".example.com")),
        ("policy.mx-wildcard-misplaced", WithMx("mx*.example.com")),
        ("policy.mx-underscore", WithMx("mx_1.example.com")),
        ("policy.mx-single-label", WithMx("mailserver")),
        ("policy.mx-wildcard-too-wide", WithMx("*.com")),
        ("policy.mx-duplicate", Policy + "mx: mx1.example.com\r\n"),
        ("policy.mx-ignored", Policy.Replace("enforce", "none", StringComparison.Ordinal)),
        ("policy.key-duplicate", Policy + "mode: none\r\n"),
        ("policy.key-unknown", Policy + "comment: hello\r\n"),
        ("policy.key-case", Policy + "Mode: none\r\n"),
        ("policy.key-misspelt", Policy + "max-age: 1\r\n"),
        ("policy.space-before-colon", Policy.Replace("mode:", "mode :", StringComparison.Ordinal)),
        ("policy.leading-space", Policy.Replace("mode:", "  mode:", StringComparison.Ordinal)),
        ("policy.equals-sign", Policy.Replace("mode: ", "mode=", StringComparison.Ordinal)),
        ("policy.txt-record", "v=STSv1; id=1\r\n"),
        ("policy.one-line", "version: STSv1 mode: enforce mx: mx1.example.com max_age: 604800"),
        ("policy.line-malformed", Policy + "hello\r\n"),
        ("policy.value-empty", Policy + "comment:\r\n"),
        ("policy.control-character", Policy + "comment: a\u0007b\r\n"),
        ("policy.comment-line", "# our policy\r\n" + Policy),
        ("policy.blank-line", Policy.Replace("mode", "\r\nmode", StringComparison.Ordinal)),
        ("policy.blank-line-at-end", Policy + "\r\n"),
        ("policy.line-ends-cr", Policy.Replace("\r\n", "\r", StringComparison.Ordinal)),
        ("policy.line-ends-lf", Policy.Replace("\r\n", "\n", StringComparison.Ordinal)),
        ("policy.mode-enforce", Policy),
        ("policy.mode-testing", Policy.Replace("enforce", "testing", StringComparison.Ordinal)),
        ("policy.mode-none", Policy.Replace("enforce", "none", StringComparison.Ordinal)),
    ];

    private static readonly (string Code, string Text)[] Records =
    [
        ("record.found", "\"v=STSv1; id=20260115\""),
        ("record.missing", ""),
        ("record.multiple", "\"v=STSv1; id=1\"\n\"v=STSv1; id=2\""),
        ("record.filtered-out", "\"v=STSv1 ; id=1\"\n\"v=spf1 -all\""),
        ("record.version-wrong", "\"v=STS1; id=1\""),
        ("record.version-missing", "\"id=1\""),
        ("record.version-not-first", "\"id=1; v=STSv1\""),
        ("record.leading-space", "\" v=STSv1; id=1\""),
        ("record.quotes-inside", "\"\\\"v=STSv1; id=1\\\"\""),
        ("record.policy-text", "\"version: STSv1 mode: enforce\""),
        ("record.tls-record-here", "\"v=TLSRPTv1; rua=mailto:a@example.com\""),
        ("record.id-missing", "\"v=STSv1;\""),
        ("record.id-empty", "\"v=STSv1; id=;\""),
        ("record.id-invalid", "\"v=STSv1; id=2023-01-01T00:00:00Z\""),
        ("record.id-too-long", "\"v=STSv1; id=123456789012345678901234567890123\""),
        ("record.id-duplicate", "\"v=STSv1; id=1; id=2\""),
        ("record.field-case", "\"v=STSv1; ID=1\""),
        ("record.field-empty", "\"v=STSv1;; id=1\""),
        ("record.field-malformed", "\"v=STSv1; id=1; foo\""),
        ("record.colon-for-equals", "\"v=STSv1; id:1\""),
        ("record.space-around-equals", "\"v=STSv1; id = 1\""),
        ("record.separator-missing", "\"v=STSv1 id=1\""),
        ("record.not-ascii", "\"v=STSv1;\u00A0id=1\""),
        ("record.policy-fields", "\"v=STSv1; id=1; mode=enforce; mx=mx1.example.com\""),
        ("record.tls-record-fields", "\"v=STSv1; id=1; rua=mailto:a@example.com\""),
        ("record.extension", "\"v=STSv1; id=1; foo=bar\""),
        ("record.space-before-semicolon", "\"v=STSv1; id=1 ; foo=bar\""),
        ("record.trailing-space", "\"v=STSv1; id=1 \""),
        ("record.unrelated-txt", "\"v=STSv1; id=1\"\n\"google-site-verification=abc\""),
        ("record.split-strings", "\"v=STSv1; id=2016\" \"0831;\""),
        ("record.look-up-comment", ";; communications error to 192.0.2.53#53: timed out"),
        ("record.cname", "_mta-sts.provider.example.\n\"v=STSv1; id=1\""),
    ];

    private static readonly (string Code, string Text)[] TlsRecords =
    [
        ("rpt.found", "\"v=TLSRPTv1; rua=mailto:tls@example.com\""),
        ("rpt.missing", ""),
        ("rpt.multiple", "\"v=TLSRPTv1; rua=mailto:a@example.com\"\n\"v=TLSRPTv1; rua=mailto:b@example.com\""),
        ("rpt.version-wrong", "\"v=TLSRPT1; rua=mailto:a@example.com\""),
        ("rpt.version-missing", "\"rua=mailto:a@example.com\""),
        ("rpt.version-not-first", "\"x=1; v=TLSRPTv1; rua=mailto:a@example.com\""),
        ("rpt.separator-missing", "\"v=TLSRPTv1 rua=mailto:a@example.com\""),
        ("rpt.field-malformed", "\"v=TLSRPTv1; rua = mailto:a@example.com\""),
        ("rpt.rua-missing", "\"v=TLSRPTv1;\""),
        ("rpt.rua-scheme", "\"v=TLSRPTv1; rua=tls@example.com\""),
        ("rpt.rua-malformed", "\"v=TLSRPTv1; rua=mailto:tls\""),
        ("rpt.none-usable", "\"v=TLSRPTv1; rua=tls@example.com\""),
        ("rpt.rua-duplicate", "\"v=TLSRPTv1; rua=mailto:a@example.com,mailto:a@example.com\""),
        ("rpt.sts-record-here", "\"v=STSv1; id=1\""),
        ("rpt.unrelated-txt", "\"v=spf1 -all\"\n\"v=TLSRPTv1; rua=mailto:a@example.com\""),
        ("rpt.split-strings", "\"v=TLSRPTv1; rua=mailto:a@\" \"example.com\""),
        ("rpt.look-up-comment", ";; connection timed out; no servers could be reached"),
    ];

    private static IEnumerable<TestCaseData> Reports()
    {
        (string Code, string Text)[] texts =
        [
            ("report.conforms", Report),
            ("report.not-json", "<feedback>hello</feedback>"),
            ("report.not-report", "{\"hello\":1}"),
            ("report.missing-member", Report.Replace("\"report-id\":\"1\",", "", StringComparison.Ordinal)),
            ("report.unknown-member", Report.Replace("\"report-id\"", "\"x\":1,\"report-id\"", StringComparison.Ordinal)),
            ("report.duplicate-member", Report.Replace("\"report-id\"", "\"report-id\":\"0\",\"report-id\"", StringComparison.Ordinal)),
            ("report.wrong-type", Report.Replace("\"report-id\":\"1\"", "\"report-id\":1", StringComparison.Ordinal)),
            ("report.count-invalid", Report.Replace("session-count\":5", "session-count\":-5", StringComparison.Ordinal)),
            ("report.date-time-invalid", Report.Replace("2026-01-01T00:00:00Z", "2026-01-01", StringComparison.Ordinal)),
            ("report.date-range-reversed", Report.Replace("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z", StringComparison.Ordinal)),
            ("report.mx-host-not-array", Report.Replace("[\"mx1.example.com\"]", "\"mx1.example.com\"", StringComparison.Ordinal)),
            ("report.policy-string-not-array", Report.Replace("[\"version: STSv1\"]", "\"version: STSv1\"", StringComparison.Ordinal)),
            ("report.unknown-policy-type", Report.Replace("\"sts\"", "\"mta-sts\"", StringComparison.Ordinal)),
            ("report.unknown-result-type", Report.Replace("certificate-expired", "certificate-old", StringComparison.Ordinal)),
            ("report.policy-domain-invalid", Report.Replace("\"policy-domain\":\"example.com\"", "\"policy-domain\":\"exa mple\"", StringComparison.Ordinal)),
            ("report.contact-invalid", Report.Replace("tls@example.com", "nobody", StringComparison.Ordinal)),
            ("report.address-invalid", Report.Replace("192.0.2.1", "localhost", StringComparison.Ordinal)),
            ("report.uri-invalid", Report.Replace("\"failed-session-count\"", "\"additional-information\":\"not a uri\",\"failed-session-count\"", StringComparison.Ordinal)),
            ("report.no-policies", Report[..Report.IndexOf("\"policies\"", StringComparison.Ordinal)] + "\"policies\":[]}"),
            ("report.byte-order-mark", "\uFEFF" + Report),
            ("report.text-invalid", Report.Replace("\"Example\"", "\"Exa\\u0007mple\"", StringComparison.Ordinal)),
            ("report.text-too-long", Report.Replace("\"Example\"", "\"" + new string('x', 3000) + "\"", StringComparison.Ordinal)),
        ];
        byte[] bomb = Gzip(new byte[17 * 1024 * 1024]);
        return [.. Text("report", texts), Case("report.too-large", "report", bomb), Case("report.not-gzip", "report", [0x1F, 0x8B, 0x08, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF, 0xFF, 0xFF]), Case("policy.not-utf8", "policy", Encoding.Unicode.GetBytes("\uFEFF" + Policy)),
            Case("record.not-text", "record", Encoding.Unicode.GetBytes("\"v=STSv1; id=1\"")), Case("rpt.not-text", "tls-record", [0xFF, 0x22])];
    }

    private static string WithMx(string mx) => Policy.Replace("mx: mx1.example.com", "mx: " + mx, StringComparison.Ordinal);

    private static IEnumerable<TestCaseData> Text(string kind, IEnumerable<(string Code, string Text)> cases) => cases.Select(one => Case(one.Code, kind, Encoding.UTF8.GetBytes(one.Text)));

    private static TestCaseData Case(string code, string kind, byte[] octets) => new TestCaseData(code, kind, octets).SetArgDisplayNames(code);

    private static byte[] Gzip(byte[] octets)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(octets);
        }

        return packed.ToArray();
    }
}
