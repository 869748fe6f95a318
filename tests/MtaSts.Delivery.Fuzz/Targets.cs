using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Testing;

namespace MtaSts.Delivery.Fuzz;

/// <summary>Every parser that eats foreign octets, with what must hold of whatever it makes of them.</summary>
internal static class Targets
{
    private static readonly DomainName Host = DomainName.Parse("mx1.example.test");

    public static IReadOnlyList<Target> All(FakeInternet internet, DnsAnswers answers) =>
    [
        new("record", Texts("v=STSv1; id=20160831085700Z;", "v=STSv1;id=1", "v=STSv1; id=1; x-note=hello;", "v=STSv1 ; id=1", "v=STSv2; id=1"), Text(Record)),
        new("policy", Texts("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\nmx: *.example.test\r\nmax_age: 604800\r\n", "version: STSv1\nmode: none\nmax_age: 0\n", "mode: testing\nversion: STSv1\nx: y\nmx: a.test\nmax_age: 31557600"), Octets(Policy)),
        new("tls-record", Texts("v=TLSRPTv1; rua=mailto:tls@example.test", "v=TLSRPTv1;rua=https://r.example.test/in?x=1 , mailto:a%2Cb@example.test;", "v=TLSRPTv1; rua=ftp://x; note=y"), Text(TlsRecord)),
        new("tls-report", Texts(
            """{"organization-name":"A","date-range":{"start-datetime":"2026-01-15T00:00:00Z","end-datetime":"2026-01-15T23:59:59Z"},"contact-info":"a@b.test","report-id":"1","policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1"],"policy-domain":"b.test","mx-host":["*.b.test"]},"summary":{"total-successful-session-count":5,"total-failure-session-count":2},"failure-details":[{"result-type":"certificate-expired","sending-mta-ip":"192.0.2.1","failed-session-count":2}]}]}""",
            "{\"policies\":{\"policy\":{\"mx-host\":\"a\"},\"summary\":{\"total-failure-session-count\":\"3\"}}}",
            "Content-Type: application/tlsrpt+json\r\n\r\n{\"report-id\":\"1\",\"policies\":[]}\r\n",
            "Content-Type: multipart/report; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/tlsrpt+gzip\r\nContent-Transfer-Encoding: base64\r\n\r\nH4sIAAAAAAAAA6uuBQBDv6ajAgAAAA==\r\n--b--\r\n"), Octets(TlsReport)),
        new("stored-policies", Texts(
            """{"domain":"a.test","id":"1","fetchedAt":"2026-01-15T12:00:00+00:00","lastUsedAt":"2026-01-15T12:00:00+00:00","pinned":false,"policy":"version: STSv1\nmode: enforce\nmx: mx.a.test\nmax_age: 86400\n"}""" + "\n",
            "null\n\n{}\n[1]\n"), StoredPolicies),
        new("mx-pattern", Texts("mx1.example.test", "*.example.test", "xn--bcher-kva.test", "a_b.test"), Text(Pattern)),
        new("domain-name", Texts("example.test", "MX1.Example.test.", "b\u00fccher.test", "xn--bcher-kva.test", "fa\u00df.de", "\u03b2\u03cc\u03bb\u03bf\u03c2.test", "127.0.0.1"), Text(Name)),
        new("address", Texts("jane@example.test", "\"a b\\\"c\"@example.test", "j\u00fcrgen@b\u00fccher.test", "jane@[192.0.2.1]", "jane@[IPv6:2001:db8::1]"), Text(Address)),
        new("enhanced-status", Texts("5.1.1", "4.7.5 text", "2.0.0"), Text(Status)),
        new("smtp-reply", Texts("250-mx1.example.test\r\n250-PIPELINING\r\n250 SIZE 1000\r\n", "220 hello\r\n", "451 4.7.1 later\r\n", "354\r\n", "550-5.1.1 a\r\n550 5.1.1 b\r\n"), Reply),
        new("certificate", Certificates(internet), Octets(Certificate)),
        new("dns-answer", DnsAnswers.Seeds, answers.AskAsync),
    ];

    private static byte[][] Texts(params string[] texts) => [.. texts.Select(Encoding.UTF8.GetBytes)];

    private static byte[][] Certificates(FakeInternet internet)
    {
        Func<CertificateSpec, CertificateSpec>[] kinds =
            [c => c, c => c.Names("*.example.test", "a.test"), c => c.MalformedSan(), c => c.CommonNameOnly(), c => c.IpAddress(IPAddress.Loopback), c => c.ClientAuthOnly()];
        return [.. kinds.Select(kind =>
        {
            using X509Certificate2 issued = internet.Authority.Issue(kind(CertificateSpec.For(Host.Value)));
            return issued.RawData;
        })];
    }

    private static Func<byte[], Task> Octets(Action<byte[]> run) => input =>
    {
        run(input);
        return Task.CompletedTask;
    };

    private static Func<byte[], Task> Text(Action<string> run) => Octets(input => run(Encoding.UTF8.GetString(input)));

    private static void Record(string text)
    {
        bool isRecord = StsRecord.TryParse(text, out StsRecord? record, out string? fault);
        Must(isRecord ? record!.Id.Length is >= 1 and <= 32 && record.Id.All(char.IsAsciiLetterOrDigit) : fault is { Length: > 0 });
        Must(RecordRules.Select([text, text]) is not RecordLookup.Found);
    }

    private static void Policy(byte[] octets)
    {
        bool isPolicy = StsPolicy.TryParse(octets, out StsPolicy? policy, out string? fault);
        Must(isPolicy || fault is { Length: > 0 });
        if (isPolicy)
        {
            Must(policy!.MaxAge >= TimeSpan.Zero && policy.MaxAge <= TimeSpan.FromSeconds(31557600));
            Must(policy.Mode == PolicyMode.None || policy.Mx.Count > 0);
            Must(StsPolicy.TryParse(policy.Text, out StsPolicy? again, out _) && again.Mode == policy.Mode && again.Mx.SequenceEqual(policy.Mx));
            policy.Permits(Host);
        }
    }

    private static void TlsRecord(string text)
    {
        bool isRecord = TlsRptRecord.TryParse(text, out TlsRptRecord? record, out string? fault);
        Must(isRecord ? record!.Rua.Count is >= 1 and <= 16 : fault is { Length: > 0 } && !fault.Any(char.IsControl));
        Must(!isRecord || record!.Usable.OfType<ReportTarget.Mail>().All(mail => !mail.Address.ToString().Any(char.IsControl)));
        TlsRptRules.Select([text, "v=spf1 -all"]);
    }

    private static void TlsReport(byte[] octets)
    {
        TlsReportReading reading = TlsReportReader.Read(octets, 1 << 20);
        Must(TlsReportFindings.Of(reading).Count is >= 1 and <= 100);
        if (reading is TlsReportReading.Read { Report: var report })
        {
            var totals = new TlsReportTotals();
            totals.Add(report);
            Must(totals.All is { Successful: >= 0, Failed: >= 0 });
        }
    }

    private static async Task StoredPolicies(byte[] octets)
    {
        await foreach ((StoredPolicy? policy, string? fault) in PolicyLines.ReadAsync(new MemoryStream(octets), CancellationToken.None))
        {
            Must(policy is null == fault is { Length: > 0 });
            Must(policy is null || (StsPolicy.TryParse(policy.Text.Span, out _, out _) && policy.Id.Length is >= 1 and <= 32));
        }
    }

    private static void Pattern(string text)
    {
        if (MxPattern.TryParse(text, out MxPattern? pattern))
        {
            Must(MxPattern.Parse(pattern.ToString()).Equals(pattern));
            pattern.Matches(Host);
        }
    }

    private static void Name(string text)
    {
        if (DomainName.TryParse(text, out DomainName? name))
        {
            Must(name.Value.Length is > 0 and <= 253 && name.Value.All(c => char.IsAscii(c) && !char.IsAsciiLetterUpper(c)));
            Must(DomainName.Parse(name.Value).Equals(name));
        }
    }

    private static void Address(string text)
    {
        if (EnvelopeAddress.TryParse(text, out EnvelopeAddress? address))
        {
            string path = address.ToString();
            Must(!path.Any(char.IsControl));
            Must(EnvelopeAddress.Parse(path).Equals(address));
        }
    }

    private static void Status(string text)
    {
        if (EnhancedStatus.TryParse(text, out EnhancedStatus status))
        {
            Must(status.Class is 2 or 4 or 5);
        }
    }

    private static async Task Reply(byte[] octets)
    {
        var reader = new ReplyReader(new MemoryStream(octets), 4096, CancellationToken.None);
        try
        {
            while (true)
            {
                SmtpReply reply = await reader.ReadAsync();
                Must(reply.Code is >= 200 and <= 599 && !reply.ToString().Any(char.IsControl));
            }
        }
        catch (Exception end) when (end is EndOfStreamException or InvalidDataException)
        {
            // What a broken reply, or the end of the input, is said to lead to.
        }
    }

    private static void Certificate(byte[] octets)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509CertificateLoader.LoadCertificate(octets);
        }
        catch (CryptographicException)
        {
            // No certificate; the handshake ends there.
            return;
        }

        using (certificate)
        {
            CertificateFindings findings = CertificateRules.Judge(certificate, [], Host, [], DateTimeOffset.UnixEpoch.AddYears(56));
            Must(findings.Problems != CertificateProblems.None);
        }
    }

    private static void Must(bool holds)
    {
        if (!holds)
        {
            throw new InvalidOperationException("What must hold of every result does not hold of this one.");
        }
    }
}
