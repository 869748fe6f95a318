using Microsoft.Extensions.Diagnostics.HealthChecks;
using MtaSts.Delivery.Queue;

namespace TransactionalMail;

/// <summary>Whether the queue does its work.</summary>
internal sealed class QueueHealthCheck(IMailQueue queue) : IHealthCheck
{
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        QueueHealth health = await queue.CheckHealthAsync(cancellationToken);
        return health.State switch
        {
            QueueHealthState.Healthy => HealthCheckResult.Healthy(health.Description),
            QueueHealthState.Degraded => HealthCheckResult.Degraded(health.Description),
            _ => HealthCheckResult.Unhealthy(health.Description),
        };
    }

    /// <summary>The verdict with the queue's own sentence. Keep this page to your own network: it says how much mail waits.</summary>
    public static Task WriteAsync(HttpContext context, HealthReport report) =>
        context.Response.WriteAsJsonAsync(new { status = report.Status.ToString(), queue = report.Entries["queue"].Description });
}
