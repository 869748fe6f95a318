using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>The whole catalogue against the deliverer: outcome, status, result types, and what must never be on the wire.</summary>
public sealed class ScenarioTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private static readonly TestCaseData[] Catalogue = [.. Scenarios.All.Select(scenario => new TestCaseData(scenario).SetArgDisplayNames(scenario.Name))];

    /// <summary>STS-120, STS-121, STS-123, STS-125, STS-132. RFC 8461 §4, §5.</summary>
    [TestCaseSource(nameof(Catalogue))]
    [CancelAfter(180_000)]
    public Task The_deliverer_does_what_a_correct_sender_must(Scenario scenario) => PlayAsync(scenario, usesDane: scenario.Category == ScenarioCategory.Dane);

    internal static async Task PlayAsync(Scenario scenario, bool usesDane)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        await using MailDeliverer deliverer = internet.Deliverer(options => options.Dane.Mode = usesDane ? DaneMode.Opportunistic : DaneMode.Off);
        foreach (ScenarioStep step in scenario.Steps)
        {
            ScenarioWatch watch = step.Begin(internet);
            DeliveryResult result = await deliverer.DeliverAsync(step.Message, step.Envelope);
            await Task.WhenAll(watch.Sessions.Select(session => session.WaitForEndOrKeepAsync(TestContext.CurrentContext.CancellationToken)));
            Assert.That(watch.Complaints(result), Is.Empty, $"{scenario.Summary} {step.Change}");
        }
    }
}

/// <summary>The same with DANE, where it has no part.</summary>
public sealed class ScenarioWithoutRecordsTests
{
    private static readonly TestCaseData[] WithoutRecords =
        [.. Scenarios.All.Where(scenario => scenario.Category != ScenarioCategory.Dane).Select(scenario => new TestCaseData(scenario).SetArgDisplayNames(scenario.Name))];

    /// <summary>DANE-04, DANE-09. RFC 7672 §2.2: a sender with DANE is no other where no zone is signed.</summary>
    [TestCaseSource(nameof(WithoutRecords))]
    [CancelAfter(180_000)]
    public Task Dane_makes_no_difference_where_no_zone_is_signed(Scenario scenario) => ScenarioTests.PlayAsync(scenario, usesDane: true);
}
