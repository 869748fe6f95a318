using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Whether the deliverer of the test that is under way keeps its sessions, as it does unless set.</summary>
internal static class Pooling
{
    private static readonly AsyncLocal<bool?> Keeps = new();

    public static bool IsOn => Keeps.Value ?? true;

    /// <summary>How a session says farewell behind one message that was accepted: kept, it is confirmed first.</summary>
    public static string[] Farewell => IsOn ? ["RSET", "QUIT"] : ["QUIT"];

    public static void Set(bool isOn) => Keeps.Value = isOn;

    public static MailDeliverer Deliverer(
        this FakeInternet internet, Action<MailDelivererOptions>? configure = null, IPolicyStore? policyStore = null, ITlsResultSink? results = null) =>
        internet.CreateDeliverer(
            options =>
            {
                options.Pool.KeepsSessions = IsOn;
                configure?.Invoke(options);
            },
            policyStore, results);

    /// <summary>A deliverer in this internet that goes by a clock of its own.</summary>
    public static MailDeliverer Deliverer(this FakeInternet internet, TimeProvider clock)
    {
        var options = new MailDelivererOptions();
        internet.Configure(options);
        options.Pool.KeepsSessions = IsOn;
        return new MailDeliverer(options, clock);
    }

    /// <summary>Waits until a session is over, or is kept for another message.</summary>
    public static Task WaitForEndOrKeepAsync(this SmtpTranscript session, CancellationToken cancellationToken) =>
        session.Commands.Contains("RSET") ? Task.CompletedTask : session.WaitForEndAsync(cancellationToken);
}

/// <summary>Tests that hold both with sessions that are kept and with a connection for each message: a session that is kept may change nothing else.</summary>
[TestFixture(true)]
[TestFixture(false)]
public abstract class WithAndWithoutPool(bool keepsSessions)
{
    protected bool KeepsSessions { get; } = keepsSessions;

    [SetUp]
    public void ChooseWhetherSessionsAreKept() => Pooling.Set(KeepsSessions);
}

/// <summary>That the choice reaches the deliverer: otherwise all would run the one way twice, and pass.</summary>
public sealed class PoolingTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    [Test]
    public async Task Two_messages_share_a_session_only_where_sessions_are_kept()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced("mx1.example.test");
        await using MailDeliverer deliverer = internet.Deliverer();
        foreach (string to in (string[])["a@example.test", "b@example.test"])
        {
            await deliverer.DeliverAsync(SmtpDeliveries.Octets(SmtpDeliveries.Message), new Envelope(SmtpDeliveries.Sender, to));
        }

        Assert.That(internet.MxHost("mx1.example.test").Sessions, Has.Count.EqualTo(KeepsSessions ? 1 : 2));
    }
}
