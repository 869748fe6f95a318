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

    private static byte[] Gzip(byte[] octets)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
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
