using System.IO.Compression;
using System.Text.Json;
using MimeKit;
using MtaSts.Delivery.InteropTests.Servers;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.InteropTests.Parts;

/// <summary><c>reports --mail DIRECTORY --keys DIRECTORY</c>: sessions of one day, and the reports of the next, as they arrive at a real server.</summary>
internal static class ReportsPart
{
    private const int Good = 3, Bad = 2;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        Checks checks = new();
        var store = new MemoryTlsResultStore();
        await using (var collector = new TlsResultCollector(store))
        {
            MailDelivererOptions counted = Sender.Options(arguments);
            counted.Pool.KeepsSessions = false;
            await using var deliverer = new MailDeliverer(counted, results: collector);
            MessageContent content = MessageContent.From("From: sender@sender.test\r\nSubject: counted\r\n\r\nHello\r\n"u8.ToArray());
            foreach (string recipient in Enumerable.Repeat("r@good.test", Good).Concat(Enumerable.Repeat("r@bad.test", Bad)))
            {
                await deliverer.DeliverAsync(content, new Envelope("sender@sender.test", recipient), cancellationToken);
            }

            await collector.FlushAsync(cancellationToken);
        }

        // The day after: its reports are due.
        var options = new TlsReportOptions { OrganizationName = "Interop", ContactInfo = "tls-reports@sender.test" };
        foreach (string selector in new[] { "tlsrpt1", "both1" })
        {
            options.DkimKeys.Add(new DkimKey(DomainName.Parse("sender.test"), selector, await File.ReadAllTextAsync(Path.Combine(arguments.One("--keys"), selector + ".pem"), cancellationToken)));
        }

        await using (var deliverer = new MailDeliverer(Sender.Options(arguments), new ClockAhead(TimeSpan.FromDays(1))))
        {
            TlsReportRunResult run = await new TlsReporter(deliverer, store, options).RunAsync(now: true, cancellationToken);
            checks.That(run is { Sent: 2, Failed: 0, GivenUp: 0 }, "two domains ask for reports, and two reports are taken", () => run.ToString());
        }

        string mailbox = Path.Combine(arguments.One("--mail"), "new");
        StoredMail[] reports = [];
        for (int tick = 0; tick < 200 && reports.Length < 2; tick++)
        {
            await Task.Delay(50, cancellationToken);
            reports = [.. StoredMail.LoadAll(mailbox).Where(mail => mail.Field("TLS-Report-Domain") is not null)];
        }

        checks.That(reports.Length == 2, "both arrive at Postfix, and each says whose report it is", () => $"{reports.Length} arrived");
        foreach (StoredMail report in reports)
        {
            Check(checks, report);
        }

        return checks.ExitCode;
    }

    private static void Check(Checks checks, StoredMail report)
    {
        using MimeMessage message = report.Parse();
        string domain = report.Field("TLS-Report-Domain")!;
        string results = string.Join(' ', message.Headers.Where(header => header.Field == "Authentication-Results").Select(header => header.Value));
        string[] signatures = results.Split("dkim=");
        checks.That(signatures.Any(one => one.StartsWith("pass", StringComparison.Ordinal) && one.Contains("header.s=both1", StringComparison.Ordinal)),
            $"the report about {domain}: OpenDKIM verifies the signature whose key is for mail and for reports (s=email:tlsrpt)", () => results);
        checks.That(signatures.Any(one => one.Contains("not an e-mail key", StringComparison.Ordinal) && one.Contains("header.s=tlsrpt1", StringComparison.Ordinal)),
            $"the report about {domain}: it turns down the one whose key is for reports only (s=tlsrpt), in these words", () => results);
        using JsonDocument json = JsonDocument.Parse(Unpack(message));
        JsonElement policy = json.RootElement.GetProperty("policies")[0];
        (int good, int bad) = domain == "good.test" ? (Good, 0) : (0, Bad);
        JsonElement summary = policy.GetProperty("summary");
        (int Good, int Bad) said = (summary.GetProperty("total-successful-session-count").GetInt32(), summary.GetProperty("total-failure-session-count").GetInt32());
        checks.That(said == (good, bad), $"the report about {domain}: {good} sessions went well, {bad} did not", () => json.RootElement.GetRawText());
        checks.That(bad == 0 || policy.GetProperty("failure-details")[0].GetProperty("result-type").GetString() == "certificate-host-mismatch",
            $"the report about {domain}: the reason of each failure", () => json.RootElement.GetRawText());
    }

    private static byte[] Unpack(MimeMessage message)
    {
        MimePart part = message.BodyParts.OfType<MimePart>().First(part => part.ContentType.IsMimeType("application", "tlsrpt+gzip"));
        using var packed = new MemoryStream();
        part.Content!.DecodeTo(packed);
        packed.Position = 0;
        using var unpacked = new MemoryStream();
        using var gzip = new GZipStream(packed, CompressionMode.Decompress);
        gzip.CopyTo(unpacked);
        return unpacked.ToArray();
    }
}
