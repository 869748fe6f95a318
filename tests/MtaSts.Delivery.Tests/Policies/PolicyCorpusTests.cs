using System.Text.Json;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Policies;

/// <summary>Policies that real domains published, compared with a strict reading of RFC 8461's grammar made by somebody else.</summary>
public sealed class PolicyCorpusTests
{
    /// <summary>Where our documented choices differ from that reading, and for how many files.</summary>
    private static readonly Dictionary<string, int> Deviations = new()
    {
    };

    [Test]
    public void Real_policies_are_read_as_expected()
    {
        string path = Environment.GetEnvironmentVariable("MTASTS_CORPUS") ?? Path.Combine(Repository.Root, "..", "shared", "corpus", "policies.json");
        if (!File.Exists(path))
        {
            Assert.Pass("The corpus of real policies is not here; set MTASTS_CORPUS to its policies.json.");
        }

        using var corpus = JsonDocument.Parse(File.ReadAllText(path));
        var unexplained = new List<string>();
        var found = new Dictionary<string, List<string>>();
        foreach (JsonElement file in corpus.RootElement.EnumerateArray())
        {
            string id = file.GetProperty("id").GetString()!;
            string body = file.GetProperty("body").GetString()!;
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

    private static string? Reason(string body, StsPolicy? policy, JsonElement expect) => null;

    private static string Describe(StsPolicy? policy) => policy is null ? "no policy"
        : $"{policy.Mode.ToString().ToLowerInvariant()} {policy.MaxAge.TotalSeconds} {string.Join(' ', policy.Mx)}";

    private static string Describe(JsonElement expect) => !expect.GetProperty("valid").GetBoolean() ? "no policy"
        : $"{expect.GetProperty("mode").GetString()} {expect.GetProperty("maxAge").GetInt64()} {string.Join(' ', expect.GetProperty("mx").EnumerateArray().Select(mx => mx.GetString()!.ToLowerInvariant()))}";
}
