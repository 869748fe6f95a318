using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Dane;

/// <summary>TLSA records, chains and results that others have published, compared with what is made of them here.</summary>
public sealed class DaneCorpusTests
{
    private static string Corpus => Environment.GetEnvironmentVariable("MTASTS_DANE_CORPUS") ?? Path.Combine(Repository.Root, "..", "shared", "corpus", "dane.json");

    /// <summary>DANE-08, DANE-10, DANE-11, DANE-12, DANE-18, DANE-19. RFC 7672 §2.2, §3.1, RFC 7671 §9.</summary>
    [Test]
    public void Published_vectors_come_out_as_expected()
    {
        if (Read() is not { } corpus)
        {
            return;
        }

        Dictionary<string, byte[]> certificates = corpus.GetProperty("certs").EnumerateObject().ToDictionary(one => one.Name, one => one.Value.GetProperty("der").GetBytesFromBase64());
        var wrong = new List<string>();
        int compared = 0;
        foreach (JsonElement vector in corpus.GetProperty("vectors").EnumerateArray())
        {
            TlsaRecord[] records = [.. vector.GetProperty("tlsa").EnumerateArray().Select(one => new TlsaRecord(
                one.GetProperty("usage").GetByte(), one.GetProperty("selector").GetByte(), one.GetProperty("matchingType").GetByte(), Data(one.GetProperty("data").GetString()!)))];
            X509Certificate2[] chain = [.. vector.GetProperty("chain").EnumerateArray().Select(id => X509CertificateLoader.LoadCertificate(certificates[id.GetString()!]))];
            DomainName[] names = [.. vector.GetProperty("referenceNames").EnumerateArray().Select(name => DomainName.Parse(name.GetString()!))];
            DateTimeOffset now = vector.TryGetProperty("verifyTime", out JsonElement time) && time.ValueKind == JsonValueKind.String ? time.GetDateTimeOffset() : new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero);
            string ours = Judge(records, PresentedChain.Of(chain[0], chain.Skip(1)), names, now), theirs = vector.GetProperty("expectSmtp").GetString()!;
            int[] usable = [.. records.Index().Where(one => DaneRules.IsUsable(one.Item)).Select(one => one.Index)], expected = [.. vector.GetProperty("usableRecords").EnumerateArray().Select(one => one.GetInt32())];
            compared++;
            if (ours != theirs || !usable.SequenceEqual(expected))
            {
                wrong.Add($"{vector.GetProperty("id").GetString()}: expected {theirs} [{string.Join(' ', expected)}], found {ours} [{string.Join(' ', usable)}]; {vector.GetProperty("note").GetString()}");
            }
        }

        TestContext.Out.WriteLine($"{compared} vectors");
        Assert.That(wrong, Is.Empty);
        Assert.That(compared, Is.GreaterThan(100));
    }

    /// <summary>DANE-18. RFC 6698 §2.2.</summary>
    [Test]
    public void Published_texts_are_read_as_expected()
    {
        if (Read() is not { } corpus)
        {
            return;
        }

        // What belongs to master files, or to tools, and not to the record.
        string[] not = ["RFC 7218 acronyms; zone-file parsers take numbers only", "parentheses belong to the master-file format, not to the RDATA"];
        var wrong = new List<string>();
        foreach (JsonElement one in corpus.GetProperty("tlsaText").EnumerateArray())
        {
            JsonElement expect = one.GetProperty("expect");
            bool valid = expect.GetProperty("valid").GetBoolean() && !not.Contains(one.GetProperty("note").GetString());
            string expected = valid ? $"{expect.GetProperty("usage")} {expect.GetProperty("selector")} {expect.GetProperty("matchingType")} {expect.GetProperty("data").GetString()!.ToUpperInvariant()}" : "invalid";
            string found = TlsaRecord.TryParse(one.GetProperty("text").GetString(), out TlsaRecord? record) ? record.ToString() : "invalid";
            if (found != expected)
            {
                wrong.Add($"{one.GetProperty("id").GetString()} '{one.GetProperty("text").GetString()}': expected {expected}, found {found}");
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    // Some vectors have data that is no hexadecimal: for a record any octets will do.
    private static byte[] Data(string text) => text.Length % 2 == 0 && text.All(char.IsAsciiHexDigit) ? Convert.FromHexString(text) : System.Text.Encoding.ASCII.GetBytes(text);

    private static string Judge(TlsaRecord[] records, PresentedChain chain, DomainName[] names, DateTimeOffset now) =>
        records.Length == 0 ? "no-records"
        : !records.Any(DaneRules.IsUsable) ? "unusable"
        : DaneRules.Judge(new DaneRequirement.Authenticated(names[0], records, names, IsMxAuthenticated: true), chain, now).MatchedBy is null ? "no-match"
        : "match";

    private static JsonElement? Read()
    {
        if (!File.Exists(Corpus))
        {
            // The file is other people's and stays outside the repository.
            TestContext.Out.WriteLine("The corpus of DANE is not here; set MTASTS_DANE_CORPUS to its dane.json.");
            return null;
        }

        using var corpus = JsonDocument.Parse(File.ReadAllText(Corpus));
        return corpus.RootElement.Clone();
    }
}
