using System.Text;
using System.Text.Json;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Policies;

/// <summary>Policies that real domains published, compared with a strict reading of RFC 8461's grammar made by somebody else.</summary>
public sealed class PolicyCorpusTests
{
    /// <summary>Where our documented choices differ from that reading, and for how many files.</summary>
    private static readonly Dictionary<string, int> Deviations = new() { [BlankLines] = 11 };

    private const string BlankLines = "AMB-7: blank lines at the end are accepted";

    [Test]
    public void Real_policies_are_read_as_expected()
    {
        string path = Environment.GetEnvironmentVariable("MTASTS_CORPUS") ?? Path.Combine(Repository.Root, "..", "shared", "corpus", "policies.json");
        if (!File.Exists(path))
        {
            // The files are other people's and stay outside the repository.
            TestContext.Out.WriteLine("The corpus of real policies is not here; set MTASTS_CORPUS to its policies.json.");
            return;
        }

        using var corpus = JsonDocument.Parse(File.ReadAllText(path));
        var unexplained = new List<string>();
        var found = new Dictionary<string, List<string>>();
        foreach (JsonElement file in corpus.RootElement.EnumerateArray())
        {
            string id = file.GetProperty("id").GetString()!;
            byte[] body = file.TryGetProperty("bodyBase64", out JsonElement octets) ? octets.GetBytesFromBase64() : Encoding.UTF8.GetBytes(file.GetProperty("body").GetString()!);
            JsonElement expect = file.GetProperty("expect");
            _ = StsPolicy.TryParse(body, out StsPolicy? policy, out string? fault);
            string ours = Describe(policy), theirs = Describe(expect);
            if (ours == theirs)
            {
                continue;
            }

            if (Reason(body, policy, expect) is { } reason)
            {
                (found.TryGetValue(reason, out List<string>? ids) ? ids : found[reason] = []).Add(id);
            }
            else
            {
                unexplained.Add($"{id}: expected {theirs}, read {ours} ({fault})");
            }
        }

        TestContext.Out.WriteLine($"{corpus.RootElement.GetArrayLength()} policies");
        foreach ((string reason, List<string> ids) in found)
        {
            TestContext.Out.WriteLine($"{ids.Count}  {reason}: {string.Join(' ', ids)}");
        }

        Assert.That(unexplained, Is.Empty);
        Assert.That(found.ToDictionary(one => one.Key, one => one.Value.Count), Is.EquivalentTo(Deviations));
    }

    private static string? Reason(byte[] body, StsPolicy? policy, JsonElement expect)
    {
        if (policy is not null && !expect.GetProperty("valid").GetBoolean() && body.AsSpan().TrimEnd("\r\n"u8) is var trimmed && trimmed.Length < body.Length - 1)
        {
            // Nothing but the blank lines may be the difference.
            return StsPolicy.TryParse(trimmed, out StsPolicy? same, out _) && Describe(same) == Describe(policy) ? BlankLines : null;
        }

        return null;
    }

    private static string Describe(StsPolicy? policy) => policy is null ? "no policy"
        : $"{policy.Mode.ToString().ToLowerInvariant()} {policy.MaxAge.TotalSeconds} {string.Join(' ', policy.Mx)}";

    private static string Describe(JsonElement expect) => !expect.GetProperty("valid").GetBoolean() ? "no policy"
        : $"{expect.GetProperty("mode").GetString()} {expect.GetProperty("maxAge").GetInt64()} {string.Join(' ', (expect.TryGetProperty("mx", out JsonElement list) ? list.EnumerateArray().Select(mx => mx.GetString()!.ToLowerInvariant()) : []))}";
}
