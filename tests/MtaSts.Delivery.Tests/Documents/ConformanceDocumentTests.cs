using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Documents;

/// <summary>Keeps <c>docs/conformance.md</c> complete: which code and which tests stand behind each requirement.</summary>
/// <remarks>A test names the requirements that it proves at the start of its summary, as in <c>STS-062, STS-063. RFC 8461 §4.1.</c>
/// Set MTASTS_UPDATE_DOCS=1 to have the document written anew.</remarks>
public sealed partial class ConformanceDocumentTests
{
    private const string Marker = "<!-- From here on written by ConformanceDocumentTests. -->";

    private static readonly Requirement[] Requirements =
        [.. File.ReadLines(Repository.PathTo("tests", "vectors", "requirements.tsv")).Skip(1).Select(line => line.Split('\t')).Select(cells => new Requirement(cells[0], cells[1], cells[2], cells[3]))];

    private static readonly ILookup<string, string> Tests = FindTests().ToLookup(found => found.Id, found => found.Test);

    [Test]
    public void Every_requirement_that_the_code_claims_and_that_must_hold_has_a_test()
    {
        string[] without = [.. Requirements.Where(one => one.IsClaimed && one.Level.StartsWith("MUST", StringComparison.Ordinal) && !Tests.Contains(one.Id)).Select(one => one.Id)];
        Assert.That(without, Is.Empty);
    }

    [Test]
    public void Every_id_in_a_test_is_a_requirement_that_the_code_claims() =>
        Assert.That(Tests.Select(group => group.Key).Except(Requirements.Where(one => one.IsClaimed).Select(one => one.Id)), Is.Empty);

    [Test]
    public void The_code_behind_each_requirement_is_there()
    {
        string[] missing = [.. Requirements.SelectMany(one => one.Files).Distinct().Where(file => !IsThere(file))];
        Assert.That(missing, Is.Empty);
    }

    // Code of another project than the library begins with the project's name.
    private static bool IsThere(string file) => File.Exists(Repository.PathTo("src", "MtaSts.Delivery", file + ".cs")) || File.Exists(Repository.PathTo("src", file + ".cs"));

    [Test]
    public void The_document_says_what_the_sources_say()
    {
        string file = Repository.PathTo("docs", "conformance.md");
        string introduction = File.ReadAllText(file).Split(Marker)[0];
        string expected = introduction + Marker + "\n" + Render();
        if (Environment.GetEnvironmentVariable("MTASTS_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(file, expected);
        }

        Assert.That(File.ReadAllText(file), Is.EqualTo(expected), "docs/conformance.md is out of date; run this test with MTASTS_UPDATE_DOCS=1.");
    }

    private static string Render()
    {
        var text = new StringBuilder();
        foreach (IGrouping<string, Requirement> group in Requirements.GroupBy(one => one.Id.Split('-')[0]))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {group.Key}\n\n| id | level | source | code | tests |\n|---|---|---|---|---|\n");
            foreach (Requirement one in group)
            {
                string code = one.IsClaimed ? string.Join(", ", one.Files.Select(file => $"`{file}`")) : "open";
                string tests = Tests.Contains(one.Id) ? string.Join("<br>", Tests[one.Id].Distinct().Order(StringComparer.Ordinal)) : one.IsClaimed ? "none" : "open";
                text.Append(CultureInfo.InvariantCulture, $"| {one.Id} | {one.Level} | {one.Source} | {code} | {tests} |\n");
            }
        }

        return text.ToString();
    }

    private static IEnumerable<(string Id, string Test)> FindTests()
    {
        foreach (string file in Repository.Sources("tests"))
        {
            string[] ids = [];
            string fixture = Path.GetFileNameWithoutExtension(file);
            foreach (string line in File.ReadLines(file))
            {
                if (Summary().Match(line) is { Success: true } summary)
                {
                    ids = summary.Groups[1].Value.Split(", ");
                }
                else if (Method().Match(line) is { Success: true } method)
                {
                    foreach (string id in ids)
                    {
                        yield return (id, $"{fixture}.{method.Groups[1].Value}");
                    }

                    ids = [];
                }
            }
        }
    }

    [GeneratedRegex(@"^\s*/// <summary>((?:[A-Z]+-\d+)(?:, [A-Z]+-\d+)*)\.")]
    private static partial Regex Summary();

    [GeneratedRegex(@"^\s*public (?:async )?(?:void|Task|Task<\w+>) (\w+)\(")]
    private static partial Regex Method();

    private sealed record Requirement(string Id, string Level, string Source, string Code)
    {
        public bool IsClaimed => Code.Length > 0;

        public IEnumerable<string> Files => Code.Split(", ", StringSplitOptions.RemoveEmptyEntries);
    }
}
