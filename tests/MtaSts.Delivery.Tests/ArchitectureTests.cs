using System.Text.RegularExpressions;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests;

/// <summary>The folders of the library keep their order: each uses only those to its left.</summary>
public sealed partial class ArchitectureTests
{
    private static readonly string[] Order = ["Names", "Findings", "Dns", "Network", "Certificates", "Dane", "Routing", "Policies", "Tls", "Sessions", "Outcomes", "Reporting"];
    private static readonly string Library = Path.Combine(Repository.Root, "src", "MtaSts.Delivery");

    [Test]
    public void Every_folder_has_its_place() =>
        Assert.That(
            Directory.EnumerateDirectories(Library).Select(Path.GetFileName).Where(name => name is not ("bin" or "obj" or "Diagnostics")),
            Is.EquivalentTo(Order));

    [TestCaseSource(nameof(Order))]
    public void A_folder_uses_only_folders_to_its_left(string folder)
    {
        string[] left = [.. Order.TakeWhile(name => name != folder)];
        IEnumerable<string> wrong = Files(folder).SelectMany(file => Uses().Matches(File.ReadAllText(file)).Select(use => use.Groups[1].Value)
            .Where(used => Order.Contains(used) && used != folder && !left.Contains(used)).Select(used => $"{Path.GetFileName(file)} uses {used}"));
        Assert.That(wrong, Is.Empty);
    }

    [TestCase("Policies", "Routing")]
    [TestCase("Routing", "Policies")]
    public void Routing_and_policies_do_not_know_each_other(string folder, string other) =>
        Assert.That(Files(folder).Where(file => File.ReadAllText(file).Contains("MtaSts.Delivery." + other, StringComparison.Ordinal)), Is.Empty);

    [TestCase("DnsClient", "Dns")]
    [TestCase("MailKit", "Sessions")]
    [TestCase("System.Net.Http", "Policies")]
    [TestCase("System.Threading.RateLimiting", "Sessions")]
    [TestCase("Microsoft.Extensions.Caching", "Dns", "Policies")]
    public void A_foreign_library_lives_in_as_few_folders_as_can_be(string library, params string[] folders)
    {
        var use = new Regex($@"^using (?:static )?{Regex.Escape(library)}[.;]", RegexOptions.Multiline);
        IEnumerable<string?> found = Directory.EnumerateFiles(Library, "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && use.IsMatch(File.ReadAllText(file)))
            .Select(file => Path.GetFileName(Path.GetDirectoryName(file))).Distinct();
        Assert.That(found, Is.EquivalentTo(folders));
    }

    [TestCaseSource(nameof(Order))]
    public void A_folder_is_its_namespace(string folder) =>
        Assert.That(Files(folder).Where(file => !File.ReadAllText(file).Contains($"\nnamespace MtaSts.Delivery.{folder};\n", StringComparison.Ordinal)
            && !File.ReadAllText(file).StartsWith($"namespace MtaSts.Delivery.{folder};\n", StringComparison.Ordinal)), Is.Empty);

    private static string[] Files(string folder) => Directory.GetFiles(Path.Combine(Library, folder), "*.cs", SearchOption.AllDirectories);

    [GeneratedRegex(@"^using (?:static |\w+ = )?MtaSts\.Delivery\.(\w+)", RegexOptions.Multiline)]
    private static partial Regex Uses();
}
