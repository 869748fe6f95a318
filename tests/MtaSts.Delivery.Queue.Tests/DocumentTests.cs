using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>Keeps the documents complete.</summary>
public sealed class DocumentTests
{
    private static IEnumerable<string> Options() => typeof(QueueOptions).GetProperties().Select(property => "Queue." + property.Name);

    [TestCaseSource(nameof(Options))]
    public void Every_option_is_described(string option) => Assert.That(Document("options.md"), Does.Contain($"`{option}`"));

    [TestCase(201, 219)]
    public void Every_log_message_is_described(int first, int last)
    {
        string document = Document("telemetry.md");
        Assert.That(Enumerable.Range(first, last - first + 1).Where(id => !document.Contains($"{id}", StringComparison.Ordinal)), Is.Empty);
    }

    private static string Document(string name)
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "MtaSts.Delivery.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return File.ReadAllText(Path.Combine(folder ?? throw new InvalidOperationException("MtaSts.Delivery.sln is not above the test's folder; run the tests from a checkout."), "docs", name));
    }
}
