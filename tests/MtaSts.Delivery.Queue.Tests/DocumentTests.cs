using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>Keeps the documents complete.</summary>
public sealed class DocumentTests
{
    private static IEnumerable<string> Options() => typeof(QueueOptions).GetProperties().Select(property => "Queue." + property.Name);

    [TestCaseSource(nameof(Options))]
    public void Every_option_is_described(string option) => Assert.That(Document("options.md"), Does.Contain($"`{option}`"));

    [TestCase(201, 217)]
    public void Every_log_message_is_described(int first, int last)
    {
        string document = Document("telemetry.md");
        Assert.That(Enumerable.Range(first, last - first + 1).Where(id => !document.Contains($"{id}", StringComparison.Ordinal)), Is.Empty);
    }

    private static string Document(string name, [CallerFilePath] string here = "") => File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "docs", name));
}
