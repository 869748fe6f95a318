using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Reporting;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Reporting;

public sealed class ReportRulesTests
{
    private const string PolicyText = "version: STSv1\r\nmode: enforce\nmx: mail.xn--bcher-kva.example\r\nmx: *.xn--bcher-kva.example \r\nmodee: typo\r\nmax_age: 86400\r\n\r\n";
    private static readonly DateOnly Day = new(2026, 1, 31);
    private static readonly DomainName Domain = DomainName.Parse("Bücher.example");
    private static readonly EnvelopeAddress Contact = EnvelopeAddress.Parse("tls-reports@sender.example");
    private static readonly TlsPolicyKey Sts = new(TlsPolicyType.Sts, Domain, PolicyText);

    private static readonly TlsFailureDetail Expired = new(
        "certificate-expired", "certificate-expired", IPAddress.Parse("2001:DB8:0:0::1"), "mx.xn--bcher-kva.example", "a\"<script>\uFFFD", IPAddress.Parse("192.0.2.25"));

    /// <summary>RPT-16, RPT-30, RPT-31, RPT-32, RPT-33, RPT-34, RPT-35, RPT-36, RPT-38, RPT-39, RPT-40, RPT-44. RFC 8460 §4.4, §4.5; decisions AMB-10 and AMB-11.</summary>
    [Test]
    public void A_report_has_exactly_these_members()
    {
        TlsReport report = Build(
            Counts(Sts, 40, 2, (Expired, 2), (new TlsFailureDetail("sts-policy-fetch-error", "policy-timeout"), 1)),
            Counts(new TlsPolicyKey(TlsPolicyType.NoPolicyFound, Domain, ""), 3, 0),
            Counts(new TlsPolicyKey(TlsPolicyType.Sts, Domain, ""), 0, 1, (new TlsFailureDetail("sts-policy-invalid", "policy-malformed"), 1)));

        const string expected = """
            {
              "organization-name": "Sender Ltd",
              "date-range": { "start-datetime": "2026-01-31T00:00:00Z", "end-datetime": "2026-01-31T23:59:59Z" },
              "contact-info": "tls-reports@sender.example",
              "report-id": "0123ab@sender.example",
              "policies": [
                {
                  "policy": { "policy-type": "no-policy-found", "policy-domain": "xn--bcher-kva.example" },
                  "summary": { "total-successful-session-count": 3, "total-failure-session-count": 0 }
                },
                {
                  "policy": { "policy-type": "sts", "policy-string": [], "policy-domain": "xn--bcher-kva.example", "mx-host": [] },
                  "summary": { "total-successful-session-count": 0, "total-failure-session-count": 1 },
                  "failure-details": [{ "result-type": "sts-policy-invalid", "failed-session-count": 1, "failure-reason-code": "policy-malformed" }]
                },
                {
                  "policy": {
                    "policy-type": "sts",
                    "policy-string": ["version: STSv1", "mode: enforce", "mx: mail.xn--bcher-kva.example", "mx: *.xn--bcher-kva.example ", "modee: typo", "max_age: 86400"],
                    "policy-domain": "xn--bcher-kva.example",
                    "mx-host": ["mail.xn--bcher-kva.example", "*.xn--bcher-kva.example"]
                  },
                  "summary": { "total-successful-session-count": 40, "total-failure-session-count": 2 },
                  "failure-details": [
                    {
                      "result-type": "certificate-expired",
                      "sending-mta-ip": "2001:db8::1",
                      "receiving-mx-hostname": "mx.xn--bcher-kva.example",
                      "receiving-mx-helo": "a\"<script>\uFFFD",
                      "receiving-ip": "192.0.2.25",
                      "failed-session-count": 2,
                      "failure-reason-code": "certificate-expired"
                    },
                    { "result-type": "sts-policy-fetch-error", "failed-session-count": 1, "failure-reason-code": "policy-timeout" }
                  ]
                }
              ]
            }
            """;
        byte[] json = ReportJson.Write(report);
        Assert.That(json[0], Is.EqualTo((byte)'{'), "no byte order mark");
        using var found = JsonDocument.Parse(json);
        using var wanted = JsonDocument.Parse(expected);
        Assert.That(JsonElement.DeepEquals(found.RootElement, wanted.RootElement), Is.True, Encoding.UTF8.GetString(json));
        var read = (TlsReportReading.Read)TlsReportReader.Read(json);
        Assert.That(read.Deviations, Is.Empty, "the strict reader finds nothing");
    }

    /// <summary>RPT-37. RFC 8460 §4.5.</summary>
    [Test]
    public void Of_a_TLSA_policy_each_record_is_a_string()
    {
        TlsReport report = Build(Counts(new TlsPolicyKey(TlsPolicyType.Tlsa, Domain, "3 1 1 AB\n2 0 1 CD"), 1, 0));
        using var json = JsonDocument.Parse(ReportJson.Write(report));
        JsonElement policy = json.RootElement.GetProperty("policies")[0].GetProperty("policy");
        Assert.That(policy.GetProperty("policy-type").GetString(), Is.EqualTo("tlsa"));
        Assert.That(policy.GetProperty("policy-string").EnumerateArray().Select(line => line.GetString()), Is.EqualTo(["3 1 1 AB", "2 0 1 CD"]));
        Assert.That(policy.TryGetProperty("mx-host", out _), Is.False);
    }

    /// <summary>RPT-50, RPT-51. RFC 8460 §5.1, §5.2.</summary>
    [Test]
    public void The_file_is_gzip_and_its_name_says_who_about_whom_and_when()
    {
        TlsReport report = Build(Counts(Sts, 1, 0));
        var file = ReportFile.From(report, Domain, Contact.Domain!);
        Assert.That(file.Name, Is.EqualTo("sender.example!xn--bcher-kva.example!1769817600!1769903999!0123ab.json.gz"));
        Assert.That(file.Content[..2], Is.EqualTo([0x1F, 0x8B]));
        using var gzip = new GZipStream(new MemoryStream(file.Content), CompressionMode.Decompress);
        using var json = new MemoryStream();
        gzip.CopyTo(json);
        Assert.That(json.ToArray(), Is.EqualTo(ReportJson.Write(report)));
    }

    /// <summary>RPT-21, RPT-66. RFC 8460 §5.2.</summary>
    [Test]
    public void However_many_failures_are_known_a_report_stays_small_and_exact()
    {
        TlsReport report = Build(Counts(Sts, 0, 5001, [.. Enumerable.Range(0, 5000).Select(i => (Expired with { Helo = new string('x', 250) + i }, 1L + (i == 7 ? 1 : 0)))]));
        TlsReportPolicy policy = report.Policies.Single();
        Assert.That(policy.FailureDetails, Has.Count.EqualTo(1001));
        Assert.That(policy.FailureDetails.Sum(one => one.FailedSessions), Is.EqualTo(5001));
        Assert.That(policy.FailureDetails.Single(one => one.ReceivingMxHelo is null).FailedSessions, Is.EqualTo(4000));
        Assert.That(ReportFile.From(report, Domain, Contact.Domain!).Content, Has.Length.LessThan(1 << 20));
    }

    /// <summary>RPT-21, RPT-66. RFC 8460 §5.2.</summary>
    [Test]
    public void As_many_failures_as_a_report_takes_keep_their_details()
    {
        TlsReport report = Build(Counts(Sts, 0, 1000, [.. Enumerable.Range(0, 1000).Select(i => (Expired with { Helo = $"h{i}" }, 1L))]));
        Assert.That(report.Policies.Single().FailureDetails.Select(one => one.ReceivingMxHelo), Is.EquivalentTo(Enumerable.Range(0, 1000).Select(i => $"h{i}")));
    }

    /// <summary>RPT-66. RFC 8460 §4.5: the same counts make the same report, whatever their order.</summary>
    [TestCase("a 1,b 1,c 2")]
    [TestCase("c 2,b 1,a 1")]
    [TestCase("b 1,c 2,a 1")]
    public void The_most_frequent_failures_come_first_and_equal_ones_by_name(string failures)
    {
        TlsReport report = Build(Counts(Sts, 0, 4, [.. failures.Split(',').Select(one => (Expired with { ResultType = one[..1] }, long.Parse(one[2..], CultureInfo.InvariantCulture)))]));
        Assert.That(report.Policies.Single().FailureDetails.Select(one => one.ResultType), Is.EqualTo(["c", "a", "b"]));
    }

    /// <summary>RPT-26, RPT-64. RFC 8460 §4.1, §5.5.</summary>
    [Test]
    public void Reports_start_within_hours_and_are_tried_again_ever_more_slowly()
    {
        var midnight = new DateTimeOffset(2026, 2, 1, 0, 0, 0, TimeSpan.Zero);
        Assert.That(ReportSchedule.FirstTry(Day, ReportSchedule.Settling, TimeSpan.FromHours(4), 0), Is.EqualTo(midnight.AddMinutes(5)));
        Assert.That(ReportSchedule.FirstTry(Day, ReportSchedule.Settling, TimeSpan.FromHours(4), 0.5), Is.EqualTo(midnight.AddMinutes(125)));
        double[] pauses = [.. Enumerable.Range(1, 9).Select(attempts => (ReportSchedule.NextTry(midnight, attempts) - midnight).TotalMinutes)];
        Assert.That(pauses, Is.EqualTo([5, 10, 20, 40, 80, 160, 240, 240, 240]));
        Assert.That(ReportSchedule.NextTry(midnight, int.MaxValue) - midnight, Is.EqualTo(TimeSpan.FromHours(4)));
    }

    /// <summary>RPT-28, RPT-64. RFC 8460 §5.5. No clock is asked: tries are counted, or time that was watched.</summary>
    [Test]
    public void A_report_is_given_up_after_a_day_of_tries()
    {
        var day = TimeSpan.FromHours(24);
        Assert.That(Enumerable.Range(1, 20).TakeWhile(attempts => !ReportSchedule.IsOver(attempts, TimeSpan.Zero, day)).Count(), Is.EqualTo(10));
        Assert.That(ReportSchedule.IsOver(1, day, day), Is.True);
        Assert.That(ReportSchedule.IsOver(1, TimeSpan.FromHours(23), day), Is.False);
    }

    /// <summary>A moment that a wrong clock set does not hold a report up for ever.</summary>
    [Test]
    public void A_moment_further_ahead_than_any_that_is_set_has_come()
    {
        DateTimeOffset now = DateTimeOffset.UnixEpoch.AddYears(50);
        Assert.That(ReportSchedule.IsDue(now.AddSeconds(1), now), Is.False);
        Assert.That(ReportSchedule.IsDue(now.AddHours(23), now), Is.False);
        Assert.That(ReportSchedule.IsDue(now.AddYears(1), now), Is.True);
        Assert.That(ReportSchedule.IsDue(now, now), Is.True);
    }

    /// <summary>RPT-30, RPT-43. RFC 7493 §2.1.</summary>
    [TestCase(@"a\ud800", @"a\uFFFD")]
    [TestCase(@"\udc00\ud83d\ude00\ud83d", @"\uFFFD\ud83d\ude00\uFFFD")]
    [TestCase(@"\u0000\r\n\u001b[2J\u007f\u0085", @"\uFFFD\uFFFD\uFFFD\uFFFD[2J\uFFFD\uFFFD")]
    [TestCase(@"\ufffe\ufdd0\ud83f\udffe", @"\uFFFD\uFFFD\uFFFD\uFFFD")]
    public void What_is_no_text_ends_as_valid_I_JSON(string escapedGreeting, string escapedText)
    {
        // An attribute cannot hold a lone surrogate.
        (string greeting, string told) = (Regex.Unescape(escapedGreeting), Regex.Unescape(escapedText));
        // From the session it comes clean; from a store of somebody else's it may come as it is.
        foreach (string helo in (string[])[PeerText.Clean(greeting, 255), greeting])
        {
            byte[] json = ReportJson.Write(Build(Counts(Sts, 0, 1, (Expired with { Helo = helo, MxHost = greeting, ReasonCode = greeting }, 1))));
            string text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(json);
            using JsonDocument document = JsonDocument.Parse(text);
            JsonElement failure = document.RootElement.GetProperty("policies")[0].GetProperty("failure-details")[0];
            Assert.That(failure.GetProperty("receiving-mx-helo").GetString(), Is.EqualTo(told));
            Assert.That(failure.GetProperty("receiving-mx-hostname").GetString(), Is.EqualTo(told));
            Assert.That(failure.GetProperty("failure-reason-code").GetString(), Is.EqualTo(told));
        }
    }

    [TestCaseSource(nameof(Cultures))]
    public void Dates_are_the_same_in_every_culture(string culture)
    {
        CultureInfo before = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.GetCultureInfo(culture);
            Assert.That(Encoding.UTF8.GetString(ReportJson.Write(Build(Counts(Sts, 1, 0)))), Does.Contain("\"2026-01-31T00:00:00Z\""));
            Assert.That(ReportMail.Create(ReportFile.From(Build(Counts(Sts, 1, 0)), Domain, Contact.Domain!), "Sender Ltd", Contact, Contact, DateTimeOffset.UnixEpoch).TextBody, Does.Contain("2026-01-31"));
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    private static string[] Cultures => ["tr-TR", "ar-SA", "th-TH"];

    private static TlsReport Build(params TlsResultCounts[] counts) => ReportRules.Build("Sender Ltd", Contact, "0123ab@sender.example", Day, counts);

    private static TlsResultCounts Counts(TlsPolicyKey policy, long successful, long failed, params (TlsFailureDetail Failure, long Sessions)[] failures) =>
        new(Day, policy, new TlsSessionCounts(successful, failed), [.. failures.Select(one => new TlsFailureCount(one.Failure, one.Sessions))]);
}
