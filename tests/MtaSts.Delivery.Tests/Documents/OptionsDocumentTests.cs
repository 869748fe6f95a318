using MtaSts.Delivery.Reporting;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Documents;

/// <summary>Keeps <c>docs/options.md</c> complete.</summary>
public sealed class OptionsDocumentTests
{
    private static IEnumerable<string> Options() => [.. In(typeof(MailDelivererOptions)), .. In(typeof(TlsReportOptions)).Select(name => "TlsReports." + name)];

    private static IEnumerable<string> In(Type options) => options.GetProperties().SelectMany(property => property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal)
        ? property.PropertyType.GetProperties().Select(inner => $"{property.Name}.{inner.Name}")
        : [property.Name]);

    [TestCaseSource(nameof(Options))]
    public void Every_option_is_described(string option) =>
        Assert.That(File.ReadAllText(Repository.PathTo("docs", "options.md")), Does.Contain($"`{option}`"));
}
