using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>What a host sends without end is not kept. What is counted is of the whole process, so each runs alone.</summary>
/// <remarks>
/// <see cref="NonParallelizableAttribute"/> stands on single tests only, here and elsewhere: on a fixture, or on a test with cases, the runner
/// puts its queues aside, and may lose what another thread adds to them meanwhile; the run then never ends.
/// </remarks>
public sealed class BoundedMemoryTests
{
    // The fake hosts stop by themselves after 64 MiB.
    private const long Most = 48L << 20;

    /// <summary>STS-083. RFC 8461 §3.3.</summary>
    [Test]
    [NonParallelizable]
    public async Task A_policy_that_never_ends_is_cut_off()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforcing();
        internet.Domain("example.test").PolicyHost.Endless();
        await using MailDeliverer deliverer = internet.Deliverer();
        long before = GC.GetTotalAllocatedBytes();
        Assert.That((await deliverer.SendAsync()).Policy.Fault?.Kind, Is.EqualTo(PolicyFaultKind.TooLarge));
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(Most));
    }

    [Test]
    [NonParallelizable]
    public Task An_answer_to_a_report_that_never_ends_is_not_read_to_its_end() => ReportAsync(isInHeaders: false);

    [Test]
    [NonParallelizable]
    public Task Headers_of_an_answer_to_a_report_that_never_end_are_not_read_to_their_end() => ReportAsync(isInHeaders: true);

    private static async Task ReportAsync(bool isInHeaders)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeReportHost receiver = internet.ReportHost("reports.test");
        _ = isInHeaders ? receiver.HugeHeaders() : receiver.Endless();
        await using TlsReportTests.Line line = await TlsReportTests.Line.AfterOneSessionAsync(internet, "https://reports.test/");
        long before = GC.GetTotalAllocatedBytes();
        Assert.That((await line.Reporter.RunAsync(now: true)).Sent, Is.EqualTo(isInHeaders ? 0 : 1));
        Assert.That(GC.GetTotalAllocatedBytes() - before, Is.LessThan(Most));
    }
}
