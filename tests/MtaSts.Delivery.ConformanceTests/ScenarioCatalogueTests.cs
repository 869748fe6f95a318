using System.Globalization;
using System.Reflection;
using System.Text;
using System.Xml.Linq;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Keeps the catalogue complete and its page, <c>docs/scenarios.md</c>, up to date.</summary>
public sealed class ScenarioCatalogueTests
{
    private static readonly PropertyInfo[] Named = [.. typeof(Scenarios).GetProperties().Where(property => property.PropertyType == typeof(Scenario))];

    [Test]
    public void Every_scenario_is_listed_once_under_its_own_name() =>
        Assert.Multiple(() =>
        {
            Assert.That(Scenarios.All, Has.Count.AtLeast(100));
            Assert.That(Scenarios.All.Select(scenario => scenario.Name), Is.Unique.And.EquivalentTo(Named.Select(property => property.Name)));
            Assert.That(Named.Select(property => ((Scenario)property.GetValue(null)!).Name), Is.EqualTo(Named.Select(property => property.Name)));
            Assert.That(Enum.GetValues<ScenarioCategory>(), Is.EquivalentTo(Scenarios.All.Select(scenario => scenario.Category).Distinct()));
        });

    [Test]
    public void Every_scenario_has_a_sentence_a_source_and_a_step() =>
        Assert.That(Scenarios.All.Where(scenario =>
            !scenario.Summary.EndsWith('.') || !scenario.Source.StartsWith("RFC ", StringComparison.Ordinal) || scenario.Steps.Count == 0), Is.Empty);

    [Test]
    public void No_two_scenarios_are_described_alike() =>
        Assert.That(Scenarios.All.Select(scenario => scenario.Summary), Is.Unique);

    /// <summary>What an editor shows is what the catalogue says.</summary>
    [Test]
    public void The_documentation_of_each_property_is_its_summary()
    {
        var file = XDocument.Load(Path.ChangeExtension(typeof(Scenarios).Assembly.Location, ".xml"));
        Dictionary<string, string> documented = file.Descendants("member").ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")?.Value ?? "");
        Assert.That(Scenarios.All.Select(scenario => scenario.Summary), Is.EqualTo(Scenarios.All.Select(scenario => documented[$"P:{typeof(Scenarios).FullName}.{scenario.Name}"])));
    }

    [Test]
    public void A_scenario_is_found_by_its_name_and_an_unknown_one_is_explained() =>
        Assert.Multiple(() =>
        {
            Assert.That(Scenarios.Find("starttlsstripped"), Is.SameAs(Scenarios.StarttlsStripped));
            Assert.That(() => Scenarios.Find("StarttlsStriped"), Throws.ArgumentException.With.Message.Contains("StarttlsStripped").And.Message.Contains("docs/scenarios.md"));
        });

    [Test]
    public void The_page_is_the_catalogue()
    {
        string path = Repository.PathTo("docs", "scenarios.md");
        if (Environment.GetEnvironmentVariable("MTASTS_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, Page());
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo(Page()), "run the tests with MTASTS_UPDATE_DOCS=1");
    }

    private static string Page()
    {
        var text = new StringBuilder("""
            # Scenarios

            Everything that can be wrong between a sender and its recipient, by name: `Scenarios` in `MtaSts.Delivery.Testing`. Each is set up on a
            `FakeInternet`, and each says what a correct sender must make of it. The library is measured by all of them (`ScenarioTests`); so can be
            any other sender, as far as the servers can see it.

            ```csharp
            foreach (ScenarioStep step in Scenarios.StarttlsStripped.Steps)
            {
                ScenarioWatch watch = step.Begin(internet);
                DeliveryResult result = await deliverer.DeliverAsync(step.Message, step.Envelope);
                Console.WriteLine(string.Join('\n', watch.Complaints(result)));    // nothing, if all is well
            }
            ```

            Mail goes from `noreply@sender.example` to `jane@example.test`, whose MX host is `mx1.example.test`. Unless a scenario says otherwise,
            everything else is in good order and the policy is in mode enforce and names that host. Where something is *reported*, it is the result type in
            TLS reports (RFC 8460 §4.3). Several deliveries in one scenario are made by the same sender, one after the other, and each has its outcome here.
            In *PolicyRecord*, *PolicyFetch* and *PolicyText* the MX host has a certificate that nobody trusts: so a message that is deferred shows that
            the policy counted, and one that is delivered that it did not. Those in *Dane* need `internet.CreateDeliverer(o => o.Dane.Mode = DaneMode.Opportunistic)`.

            <!-- The tables are written by ScenarioCatalogueTests: run it with MTASTS_UPDATE_DOCS=1. -->

            """.ReplaceLineEndings("\n"));
        foreach (IGrouping<ScenarioCategory, Scenario> group in Scenarios.All.GroupBy(scenario => scenario.Category))
        {
            text.Append(CultureInfo.InvariantCulture, $"\n## {group.Key}\n\n| Scenario | What is so | What a correct sender does | Source |\n|---|---|---|---|\n");
            foreach (Scenario scenario in group)
            {
                string steps = string.Join("<br>", scenario.Steps.Select(step => step.Change.Length == 0 ? step.ToString() : $"*{step.Change}*: {step}"));
                text.Append(CultureInfo.InvariantCulture, $"| `{scenario.Name}` | {scenario.Summary} | {steps} | {scenario.Source} |\n");
            }
        }

        return text.Append(CultureInfo.InvariantCulture, $"\n{Scenarios.All.Count} scenarios, {Scenarios.All.Sum(scenario => scenario.Steps.Count)} deliveries.\n").ToString();
    }
}
