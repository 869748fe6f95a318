using System.Globalization;
using System.IO.Compression;
using System.Text;
using System.Text.Json;
using CsCheck;
using MimeKit;
using MtaSts.Delivery.Reporting;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Reporting;

public sealed class TlsReportReaderTests
{
    private static readonly string Vectors = Repository.PathTo("tests", "vectors", "tls-reports");
    private static readonly string Corpus =
        Environment.GetEnvironmentVariable("MTASTS_TLS_REPORTS") ?? Path.Combine(Repository.Root, "..", "shared", "corpus", "tls-reports");

    [TestCaseSource(nameof(OwnVectors))]
    public void Reports_read_as_the_index_says(string file)
    {
        JsonElement expected = Index(Vectors).Single(one => one.GetProperty("file").GetString() == file);
        var read = (TlsReportReading.Read)TlsReportReader.Read(File.ReadAllBytes(Path.Combine(Vectors, file)));
        Assert.That(Describe(read.Report), Is.EqualTo(Describe(expected.GetProperty("report"))));
        Assert.That(read.Deviations.Select(one => $"{one.Kind} {one.Path}"), Is.EquivalentTo(expected.GetProperty("deviations").EnumerateArray().Select(one => one.GetString())));
        Assert.That(read.Conforms, Is.EqualTo(read.Deviations.Count == 0));
    }

    [Test]
    public void Reports_of_real_reporters_read_as_their_index_says()
    {
        if (!Directory.Exists(Corpus))
        {
            // The files are other people's and stay outside the repository.
            TestContext.Out.WriteLine("The corpus of real reports is not here; set MTASTS_TLS_REPORTS to its folder.");
            return;
        }

        foreach (JsonElement one in Index(Corpus))
        {
            string file = one.GetProperty("file").GetString()!;
            JsonElement expect = one.GetProperty("expect");
            Assert.That(expect.GetProperty("parse").GetString(), Is.EqualTo("ok"), file);
            byte[] octets = File.ReadAllBytes(Path.Combine(Corpus, file));
            var read = (TlsReportReading.Read)TlsReportReader.Read(octets);
            Assert.That(Describe(read.Report), Is.EqualTo(Describe(expect.GetProperty("report"))), file);
            Assert.That(read.Conforms, Is.EqualTo(expect.GetProperty("conforms").GetBoolean()), file);
            IEnumerable<string?> deviations = one.TryGetProperty("deviations", out JsonElement list) ? list.EnumerateArray().Select(text => text.GetString()) : [];
            Assert.That(read.Deviations.Select(InTheWordsOfTheIndex), Is.EquivalentTo(deviations), file);
            Assert.That(Describe(((TlsReportReading.Read)TlsReportReader.Read(Gzip(octets))).Report), Is.EqualTo(Describe(read.Report)), file);
        }
    }

    /// <summary>RPT-52. The part by its type, or by its name where a reporter gave it another type.</summary>
    [TestCase("application", "tlsrpt+gzip", "a!b!1!2.json.gz", true)]
    [TestCase("application", "tlsrpt+json", null, false)]
    [TestCase("application", "octet-stream", "a!b!1!2.json.gz", true)]
    [TestCase("application", "gzip", "A!B!1!2.JSON.GZ", true)]
    public void A_report_is_found_in_the_mail_that_brought_it(string type, string subtype, string? name, bool isPacked)
    {
        byte[] report = File.ReadAllBytes(Path.Combine(Vectors, "full.json"));
        using var mail = new MemoryStream();
        Mail(type, subtype, name, isPacked ? Gzip(report) : report).WriteTo(mail);
        var read = (TlsReportReading.Read)TlsReportReader.Read(mail.ToArray());
        Assert.That(Describe(read.Report), Is.EqualTo(Describe(((TlsReportReading.Read)TlsReportReader.Read(report)).Report)));
    }

    [Test]
    public void A_mail_without_a_report_is_unreadable()
    {
        using var mail = new MemoryStream();
        Mail("application", "zip", "dmarc.zip", [1, 2, 3]).WriteTo(mail);
        AssertUnreadable(mail.ToArray(), TlsReportFault.NotReport);
        AssertUnreadable("X:"u8.ToArray(), TlsReportFault.NotReport);
        AssertUnreadable(Encoding.ASCII.GetBytes("Content-Type: multipart/mixed; boundary=a\r\n\r\n" + string.Concat(Enumerable.Repeat("--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n", 20_000))), TlsReportFault.NotReport);
    }

    [Test]
    public void A_gzip_bomb_in_a_mail_is_given_up_at_the_limit()
    {
        using var mail = new MemoryStream();
        Mail("application", "tlsrpt+gzip", null, Gzip(new byte[20 << 20])).WriteTo(mail);
        AssertUnreadable(mail.ToArray(), TlsReportFault.TooLarge);
    }

    [TestCase(0, true)]
    [TestCase(1, false)]
    public async Task The_limit_counts_for_what_is_packed_and_for_what_is_unpacked(int beyond, bool isRead)
    {
        byte[] report = File.ReadAllBytes(Path.Combine(Vectors, "full.json"));
        byte[] padded = [.. report, .. Encoding.ASCII.GetBytes(new string(' ', 50_000 - report.Length + beyond))];
        // What gzip cannot shorten is longer than the report, so that here the packed octets meet the limit.
        byte[] stored = Gzip(report, CompressionLevel.NoCompression);
        Assert.That(stored, Has.Length.GreaterThan(report.Length));
        foreach ((byte[] octets, int limit) in new[] { (padded, 50_000), (Gzip(padded), 50_000), (stored, stored.Length - beyond), (padded[..(report.Length + beyond)], report.Length) })
        {
            Assert.That(TlsReportReader.Read(octets, limit), Is.TypeOf(isRead ? typeof(TlsReportReading.Read) : typeof(TlsReportReading.Unreadable)));
            TlsReportReading streamed = await TlsReportReader.ReadAsync(new MemoryStream(octets), limit);
            Assert.That(streamed, Is.TypeOf(isRead ? typeof(TlsReportReading.Read) : typeof(TlsReportReading.Unreadable)));
            Assert.That((streamed as TlsReportReading.Unreadable)?.Detail, Is.EqualTo(isRead ? null : $"the report is longer than {limit} octets"));
        }
    }

    [Test]
    public void A_limit_is_at_least_one_octet()
    {
        Assert.That(() => TlsReportReader.Read("{}"u8.ToArray(), 0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => TlsReportReader.ReadAsync(new MemoryStream("{}"u8.ToArray()), 0), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(((TlsReportReading.Unreadable)TlsReportReader.Read("1"u8.ToArray(), 1)).Fault, Is.EqualTo(TlsReportFault.NotReport));
    }

    [TestCase("report", "no JSON from line 1 on, octet 1")]
    [TestCase("{\n  x", "no JSON from line 2 on, octet 3")]
    public void It_is_told_where_the_json_ends(string text, string detail) =>
        Assert.That(((TlsReportReading.Unreadable)TlsReportReader.Read(Encoding.UTF8.GetBytes(text))).Detail, Is.EqualTo(detail));

    [TestCase(16, TlsReportFault.NotReport)]
    [TestCase(17, TlsReportFault.NotJson)]
    public void Json_is_read_so_deep_and_no_deeper(int depth, TlsReportFault fault) =>
        AssertUnreadable(Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth)), fault);

    /// <summary>A mail begins with a field name and a colon. RFC 5322 §2.2.</summary>
    [TestCase("X:", true)]
    [TestCase("x-1_!~: y", true)]
    [TestCase(": x", false)]
    [TestCase("1x: y", false)]
    [TestCase("-x: y", false)]
    [TestCase("a b: y", false)]
    [TestCase("a\u007F: y", false)]
    [TestCase("a\tb: y", false)]
    [TestCase("aä: y", false)]
    [TestCase("{\"a\":1", false)]
    [TestCase("abc", false)]
    public void A_mail_is_told_from_json(string text, bool isMail) => AssertUnreadable(Encoding.UTF8.GetBytes(text), isMail ? TlsReportFault.NotReport : TlsReportFault.NotJson);

    /// <summary>RPT-30. RFC 8460 §4.4: what a report has is read, and each deviation is told where it stands.</summary>
    [TestCase("", "")]
    [TestCase("2026-01-01T23:59:59Z => 2026-01-01T00:00:00Z", "")]
    [TestCase("2026-01-01T23:59:59Z => 2025-12-31T23:59:59Z", "DateRangeReversed date-range")]
    [TestCase("2026-01-01T23:59:59Z => 2026-01-01T24:00:00Z", "DateTimeInvalid date-range.end-datetime")]
    [TestCase("\"sts\" => \"other\"", "UnknownPolicyType policies[0].policy.policy-type")]
    [TestCase("\"policies\" => \"x\"", "UnknownMember x|MissingMember policies|NoPolicies policies")]
    [TestCase("receiving-mx-hostname => receiving-mx-host-name", "UnknownMember policies[0].failure-details[0].receiving-mx-host-name")]
    [TestCase("\"receiving-mx-hostname\":\"mx1.example.com\", => ", "")]
    [TestCase("\"result-type\":\"certificate-expired\", => ", "MissingMember policies[0].failure-details[0].result-type")]
    [TestCase("certificate-expired => no-such-type", "UnknownResultType policies[0].failure-details[0].result-type")]
    public void A_deviation_is_told_where_it_stands(string change, string deviations)
    {
        var read = (TlsReportReading.Read)TlsReportReader.Read(Encoding.UTF8.GetBytes(Changed(change)));
        Assert.That(string.Join('|', read.Deviations.Select(one => $"{one.Kind} {one.Path}")), Is.EqualTo(deviations));
    }

    /// <summary>RPT-30. RFC 8460 §4.4. SocketLabs writes receiving-mx-host-name.</summary>
    [TestCase("", "mx1.example.com")]
    [TestCase("receiving-mx-hostname => receiving-mx-host-name", "mx1.example.com")]
    [TestCase("\"receiving-ip\" => \"receiving-mx-host-name\":\"mx2.example.com\",\"receiving-ip\"", "mx1.example.com")]
    [TestCase("receiving-mx-hostname => receiving-mx", null)]
    public void The_MX_host_is_read_by_either_name(string change, string? host)
    {
        var read = (TlsReportReading.Read)TlsReportReader.Read(Encoding.UTF8.GetBytes(Changed(change)));
        Assert.That(read.Report.Policies.Single().FailureDetails.Single().ReceivingMxHostname, Is.EqualTo(host));
    }

    /// <summary>RPT-31. RFC 8460 §4.1 speaks of 24:00.</summary>
    [TestCase("2026-01-01T24:00:00Z", "2026-01-02T00:00:00Z")]
    [TestCase("2026-01-01T25:00:00Z", null)]
    [TestCase("2026-01-01T24:00:00", null)]
    [TestCase("2026-13-01T24:00:00Z", null)]
    [TestCase("T24:00:00Z", null)]
    [TestCase("1T24:00:00Z", null)]
    [TestCase("9999-12-29T24:00:00Z", "9999-12-30T00:00:00Z")]
    [TestCase("9999-12-31T24:00:00Z", null)]
    [TestCase("x", null)]
    [TestCase("2026-01-01", "2026-01-01T00:00:00Z")]
    [TestCase("2026-01-01 12:00:00", "2026-01-01T12:00:00Z")]
    public void A_moment_that_is_not_quite_one_is_read_as_well_as_can_be(string text, string? moment)
    {
        var read = (TlsReportReading.Read)TlsReportReader.Read(Encoding.UTF8.GetBytes(Changed("2026-01-01T23:59:59Z => " + text)));
        Assert.That(read.Report.End?.ToString("yyyy-MM-dd'T'HH:mm:ssK", CultureInfo.InvariantCulture), Is.EqualTo(moment?.Replace("Z", "+00:00", StringComparison.Ordinal)));
        Assert.That(read.Deviations.Select(one => one.Path), Has.Member("date-range.end-datetime"));
    }

    [TestCase("")]
    [TestCase("{")]
    [TestCase("report")]
    [TestCase("<report/>")]
    public void What_is_no_json_is_unreadable(string text) => AssertUnreadable(Encoding.UTF8.GetBytes(text), TlsReportFault.NotJson);

    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("{}")]
    [TestCase("{\"hello\":1}")]
    public void Json_without_anything_of_a_report_is_unreadable(string text) => AssertUnreadable(Encoding.UTF8.GetBytes(text), TlsReportFault.NotReport);

    [Test]
    public void Deep_nesting_is_unreadable() =>
        AssertUnreadable(Encoding.UTF8.GetBytes(new string('[', 100_000)), TlsReportFault.NotJson);

    [Test]
    public void Broken_gzip_is_unreadable()
    {
        AssertUnreadable([0x1F, 0x8B], TlsReportFault.NotGzip, TlsReportFault.NotJson);
        AssertUnreadable([0x1F, 0x8B, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], TlsReportFault.NotGzip);
        byte[] good = Gzip(File.ReadAllBytes(Path.Combine(Vectors, "full.json")));
        AssertUnreadable(good[..(good.Length / 2)], TlsReportFault.NotGzip, TlsReportFault.NotJson);
    }

    [Test]
    public void A_gzip_bomb_is_given_up_at_the_limit()
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            byte[] blanks = new byte[1 << 20];
            blanks.AsSpan().Fill((byte)' ');
            for (int i = 0; i < 256; i++)
            {
                gzip.Write(blanks);
            }
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        AssertUnreadable(packed.ToArray(), TlsReportFault.TooLarge);
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(80L << 20));
    }

    [Test]
    public async Task An_endless_stream_is_given_up_at_the_limit()
    {
        TlsReportReading reading = await TlsReportReader.ReadAsync(new EndlessStream(), maxSize: 100_000);
        Assert.That(((TlsReportReading.Unreadable)reading).Fault, Is.EqualTo(TlsReportFault.TooLarge));
    }

    [Test]
    public async Task A_stream_reads_like_its_octets()
    {
        await using FileStream file = File.OpenRead(Path.Combine(Vectors, "full.json"));
        var read = (TlsReportReading.Read)await TlsReportReader.ReadAsync(file);
        Assert.That(read.Report.Policies.Sum(policy => policy.SuccessfulSessions), Is.EqualTo(50));
    }

    [Test]
    public void Deviations_are_listed_up_to_a_thousand()
    {
        string policies = string.Join(',', Enumerable.Repeat("{}", 5000));
        var read = (TlsReportReading.Read)TlsReportReader.Read(Encoding.UTF8.GetBytes($$"""{"policies":[{{policies}}]}"""));
        Assert.That(read.Deviations, Has.Count.EqualTo(1000));
        Assert.That(read.Report.Policies, Has.Count.EqualTo(5000));
    }

    [Test]
    public void Totals_count_a_report_once()
    {
        TlsReport report = ((TlsReportReading.Read)TlsReportReader.Read(File.ReadAllBytes(Path.Combine(Vectors, "full.json")))).Report;
        var totals = new TlsReportTotals();
        Assert.That(totals.Add(report), Is.True);
        Assert.That(totals.Add(report), Is.False);
        Assert.That(totals.Add(report with { OrganizationName = "Another" }), Is.True);
        Assert.That(totals.Reports, Is.EqualTo(2));
        Assert.That(totals.All, Is.EqualTo(new TlsSessionCounts(100, 4)));
        Assert.That(totals.ByDomain["receiver.example"], Is.EqualTo(new TlsSessionCounts(80, 4)));
        Assert.That(totals.FailuresByMxHost, Is.EquivalentTo(new Dictionary<string, long> { ["mx1.receiver.example"] = 4, [""] = 2 }));
        Assert.That(totals.FailuresByResultType, Is.EquivalentTo(new Dictionary<string, long> { ["certificate-expired"] = 4, ["sts-policy-fetch-error"] = 2 }));
    }

    [Test]
    public void Totals_do_not_overflow()
    {
        var totals = new TlsReportTotals();
        var policy = new TlsReportPolicy("sts", [], "x.example", [], long.MaxValue, long.MaxValue, [new TlsReportFailure("validation-failure", null, null, null, null, long.MaxValue, null, null)]);
        totals.Add(new TlsReport(null, null, null, null, null, [policy, policy]));
        Assert.That(totals.All, Is.EqualTo(new TlsSessionCounts(long.MaxValue, long.MaxValue)));
        Assert.That(totals.FailuresByResultType["validation-failure"], Is.EqualTo(long.MaxValue));
    }

    [Test]
    public void No_octets_whatever_make_the_reader_throw()
    {
        byte[] good = File.ReadAllBytes(Path.Combine(Vectors, "odd-types.json"));
        Gen.Select(Gen.Int[0, good.Length - 1].Array[1, 8], Gen.Byte.Array[8]).Sample((places, octets) =>
        {
            byte[] broken = [.. good];
            for (int i = 0; i < places.Length; i++)
            {
                broken[places[i]] = octets[i];
            }

            Assert.That(TlsReportReader.Read(broken), Is.Not.Null);
        }, iter: 20_000);
        Gen.Byte.Array[0, 200].Sample(octets => TlsReportReader.Read(octets) is not null);
    }

    private static IEnumerable<string> OwnVectors() => Index(Vectors).Select(one => one.GetProperty("file").GetString()!);

    private static JsonElement[] Index(string folder)
    {
        using var index = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, "index.json")));
        return [.. index.RootElement.EnumerateArray().Select(one => one.Clone())];
    }

    private static MimeMessage Mail(string type, string subtype, string? name, byte[] content) => new()
    {
        Subject = "Report Domain: receiver.example",
        Body = new Multipart("report")
        {
            new TextPart("plain") { Text = "A report." },
            new MimePart(type, subtype) { Content = new MimeContent(new MemoryStream(content)), ContentTransferEncoding = ContentEncoding.Base64, FileName = name },
        },
    };

    private static void AssertUnreadable(byte[] octets, params TlsReportFault[] faults)
    {
        TlsReportReading reading = TlsReportReader.Read(octets);
        Assert.That(reading, Is.TypeOf<TlsReportReading.Unreadable>());
        Assert.That(faults, Does.Contain(((TlsReportReading.Unreadable)reading).Fault));
    }

    private static string InTheWordsOfTheIndex(TlsReportDeviation one)
    {
        string member = one.Path[(one.Path.LastIndexOf('.') + 1)..];
        return one.Kind switch
        {
            TlsReportDeviationKind.MissingMember => "missing " + member,
            TlsReportDeviationKind.UnknownMember => "unknown member " + member,
            TlsReportDeviationKind.MxHostNotArray => "mx-host is a string, not an array",
            TlsReportDeviationKind.DateTimeInvalid => member + " is not RFC 3339",
            TlsReportDeviationKind.DateRangeReversed => "start-datetime after end-datetime",
            TlsReportDeviationKind.UriInvalid => member + " is not a URI",
            TlsReportDeviationKind.UnknownPolicyType => "unknown policy-type " + one.Detail.Split('\'')[1],
            _ => one.ToString(),
        };
    }

    private static string Describe(TlsReport report) => string.Join('\n',
    [
        $"{report.OrganizationName ?? "-"} {report.ContactInfo ?? "-"} {report.ReportId ?? "-"} {Moment(report.Start)} {Moment(report.End)}",
        .. report.Policies.Select(policy => $"{policy.PolicyType ?? "-"} {policy.PolicyDomain ?? "-"} {policy.PolicyString.Count} [{string.Join(' ', policy.MxHosts)}] {Count(policy.SuccessfulSessions)} {Count(policy.FailedSessions)} "
            + string.Join(", ", policy.FailureDetails.Select(detail => $"{detail.ResultType}={Count(detail.FailedSessions)}"))),
    ]);

    private static string Describe(JsonElement report) => string.Join('\n',
    [
        $"{Text(report, "organizationName")} {Text(report, "contactInfo")} {Text(report, "reportId")} {Moment(report, "start")} {Moment(report, "end")}",
        .. report.GetProperty("policies").EnumerateArray().Select(policy => $"{Text(policy, "policyType")} {Text(policy, "policyDomain")} {policy.GetProperty("policyStrings").GetInt32()} "
            + $"[{string.Join(' ', policy.GetProperty("mxHost").EnumerateArray().Select(host => host.GetString()))}] {Text(policy, "success")} {Text(policy, "failure")} "
            + string.Join(", ", policy.GetProperty("failureDetails").EnumerateArray().Select(detail => $"{Text(detail, "resultType")}={Text(detail, "failedSessionCount")}"))),
    ]);

    private static string Text(JsonElement element, string name) => element.GetProperty(name) is { ValueKind: not JsonValueKind.Null } value ? value.ToString() : "-";

    private static string Count(long? count) => count?.ToString(CultureInfo.InvariantCulture) ?? "-";

    // The index gives a report's own words; without a zone they mean UTC.
    private static string Moment(JsonElement report, string name) =>
        Text(report, name) is var text and not "-" ? Moment(DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)) : "-";

    private static string Moment(DateTimeOffset? moment) => moment?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "-";

    private static string Changed(string change)
    {
        const string good = """
            {"organization-name":"Example","date-range":{"start-datetime":"2026-01-01T00:00:00Z","end-datetime":"2026-01-01T23:59:59Z"},"contact-info":"tls@example.com","report-id":"1",
             "policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1"],"policy-domain":"example.com","mx-host":["mx1.example.com"]},
             "summary":{"total-successful-session-count":5,"total-failure-session-count":1},
             "failure-details":[{"result-type":"certificate-expired","sending-mta-ip":"192.0.2.1","receiving-mx-hostname":"mx1.example.com","receiving-ip":"192.0.2.2","failed-session-count":1}]}]}
            """;
        string[] parts = change.Split(" => ");
        return parts.Length == 1 ? good : good.Replace(parts[0], parts[1], StringComparison.Ordinal);
    }

    private static byte[] Gzip(byte[] octets, CompressionLevel level = CompressionLevel.Optimal)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, level))
        {
            gzip.Write(octets);
        }

        return packed.ToArray();
    }

    private sealed class EndlessStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count)
        {
            buffer.AsSpan(offset, count).Fill((byte)' ');
            return count;
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
