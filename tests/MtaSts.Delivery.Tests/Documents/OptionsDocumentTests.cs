using System.Reflection;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Documents;

/// <summary>Keeps <c>docs/options.md</c> complete.</summary>
public sealed class OptionsDocumentTests
{
    private static IEnumerable<string> Options()
    {
        foreach (PropertyInfo property in typeof(MailDelivererOptions).GetProperties())
        {
            bool isGroup = property.PropertyType.Name.EndsWith("Options", StringComparison.Ordinal);
            foreach (string name in isGroup ? property.PropertyType.GetProperties().Select(inner => $"{property.Name}.{inner.Name}") : [property.Name])
            {
                yield return name;
            }
        }
    }

    [TestCaseSource(nameof(Options))]
    public void Every_option_is_described(string option) =>
        Assert.That(File.ReadAllText(Repository.PathTo("docs", "options.md")), Does.Contain($"`{option}`"));
}
