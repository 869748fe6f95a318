using System.IO.Compression;
using System.Text;
using MtaSts.Delivery.Reporting;
using NJsonSchema;
using NJsonSchema.Validation;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>An independent reader of reports: a JSON Schema written from RFC 8460 §4.4, and a validator that knows nothing of ours.</summary>
public sealed class ReportSchema
{
    private static readonly string Vectors = Repository.PathTo("tests", "vectors", "tls-reports");
    private static readonly string Corpus =
        Environment.GetEnvironmentVariable("MTASTS_TLS_REPORTS") ?? Repository.PathTo("..", "shared", "corpus", "tls-reports");

    private static readonly Lazy<Task<JsonSchema>> Schema = new(() => JsonSchema.FromFileAsync(Path.Combine(Vectors, "report.schema.json")));

    /// <summary>What the schema finds wrong with a report, JSON or gzip.</summary>
    internal static async Task<IReadOnlyList<string>> FaultsAsync(byte[] file)
    {
        JsonSchema schema = await Schema.Value;
        try
        {
            return [.. schema.Validate(Unpack(file)).SelectMany(Innermost).Select(fault => $"{fault.Kind} {fault.Path}")];
        }
        catch (Newtonsoft.Json.JsonReaderException malformed)
        {
            return [$"NotJson {malformed.Message}"];
        }
    }

    /// <summary>RPT-30 to RPT-40, RPT-44. Each slip that reporters make is seen: a schema that takes everything would prove nothing.</summary>
    [TestCase("\"mx-host\":[\"*.example.test\"]", "\"mx-host\":\"*.example.test\"", "ArrayExpected")]
    [TestCase("2026-01-15T00:00:00Z", "2026-01-15T00:00:00", "PatternMismatch")]
    [TestCase("\"sts\"", "\"mta-sts\"", "NotInEnumeration")]
    [TestCase("\"total-failure-session-count\":2", "\"total-failure-session-count\":\"2\"", "IntegerExpected")]
    [TestCase("\"total-failure-session-count\":2", "\"failures\":2", "PropertyRequired")]
    [TestCase("tls@sender.test", "Sender <tls@sender.test>", "PatternMismatch")]
    [TestCase("certificate-expired", "expired", "NotInEnumeration")]
    [TestCase("192.0.2.1", "mx1", "PatternMismatch")]
    [TestCase("\"policy-domain\":\"example.test\"", "\"policy-domain\":\"b\u00FCcher.test\"", "PatternMismatch")]
    public async Task A_slip_is_seen(string good, string bad, string kind)
    {
        string report = """
            {"organization-name":"Sender","date-range":{"start-datetime":"2026-01-15T00:00:00Z","end-datetime":"2026-01-15T23:59:59Z"},"contact-info":"tls@sender.test",
            "report-id":"1@sender.test","policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1"],"policy-domain":"example.test","mx-host":["*.example.test"]},
            "summary":{"total-successful-session-count":5,"total-failure-session-count":2},"failure-details":[{"result-type":"certificate-expired","sending-mta-ip":"192.0.2.1","failed-session-count":2}]}]}
            """;
        Assert.That(await FaultsAsync(Encoding.UTF8.GetBytes(report)), Is.Empty);
        Assert.That(report, Does.Contain(good));
        IReadOnlyList<string> faults = await FaultsAsync(Encoding.UTF8.GetBytes(report.Replace(good, bad, StringComparison.Ordinal)));
        Assert.That(faults, Has.Count.EqualTo(1).And.One.StartsWith(kind));
    }

    /// <summary>RPT-30 to RPT-40. The reader and the schema, which were written apart, agree on which reports conform.</summary>
    [Test]
    public async Task The_reader_and_the_schema_agree()
    {
        string[] files = [.. new[] { Vectors, Corpus }.Where(Directory.Exists).SelectMany(folder => Directory.GetFiles(folder, "*.json"))
            .Where(file => Path.GetFileName(file) is not ("index.json" or "report.schema.json"))];
        Assert.That(files, Has.Length.AtLeast(3));
        foreach (string file in files)
        {
            byte[] octets = await File.ReadAllBytesAsync(file);
            var read = (TlsReportReading.Read)TlsReportReader.Read(octets);
            IReadOnlyList<string> faults = await FaultsAsync(octets);
            // What no schema can say: that one date lies before another, and that a member is new.
            bool isGood = read.Deviations.All(one => one.Kind is TlsReportDeviationKind.DateRangeReversed or TlsReportDeviationKind.UnknownMember);
            Assert.That(faults.Count == 0, Is.EqualTo(isGood), $"{file}: {string.Join("; ", faults)} / {string.Join("; ", read.Deviations)}");
        }
    }

    private static IEnumerable<ValidationError> Innermost(ValidationError fault) =>
        fault is ChildSchemaValidationError within ? within.Errors.Values.SelectMany(errors => errors).SelectMany(Innermost) : [fault];

    private static string Unpack(byte[] file)
    {
        if (file is not [0x1F, 0x8B, ..])
        {
            return Encoding.UTF8.GetString(file);
        }

        using var gzip = new GZipStream(new MemoryStream(file), CompressionMode.Decompress);
        using var text = new StreamReader(gzip, new UTF8Encoding(false, throwOnInvalidBytes: true));
        return text.ReadToEnd();
    }
}
