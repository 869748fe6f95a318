using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Testing;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>All of these tests run twice: with sessions that are kept, and, in a project of its own, without.</summary>
internal static class Pooling
{
#if UNPOOLED
    public const bool IsOn = false;
#else
    public const bool IsOn = true;
#endif

    /// <summary>How a session says farewell behind one message that was accepted: kept, it is confirmed first.</summary>
    public static readonly string[] Farewell = IsOn ? ["RSET", "QUIT"] : ["QUIT"];

    public static MailDeliverer Deliverer(
        this FakeInternet internet, Action<MailDelivererOptions>? configure = null, IPolicyStore? policyStore = null, ITlsResultSink? results = null) =>
        internet.CreateDeliverer(
            options =>
            {
                options.Pool.KeepsSessions = IsOn;
                configure?.Invoke(options);
            },
            policyStore, results);

    /// <summary>Waits until a session is over, or is kept for another message.</summary>
    public static Task WaitForEndOrKeepAsync(this SmtpTranscript session, CancellationToken cancellationToken) =>
        session.Commands.Contains("RSET") ? Task.CompletedTask : session.WaitForEndAsync(cancellationToken);
}
