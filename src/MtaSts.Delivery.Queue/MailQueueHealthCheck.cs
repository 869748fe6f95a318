using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace MtaSts.Delivery.Queue;

/// <summary>The queue's health for hosts: <c>services.AddHealthChecks().AddCheck&lt;MailQueueHealthCheck&gt;("mail-queue")</c>.</summary>
/// <param name="queue">The queue.</param>
public sealed class MailQueueHealthCheck(IMailQueue queue) : IHealthCheck
{
    /// <inheritdoc/>
    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        QueueHealth health = await queue.CheckHealthAsync(cancellationToken).ConfigureAwait(false);
        HealthStatus status = health.State switch
        {
            QueueHealthState.Healthy => HealthStatus.Healthy,
            QueueHealthState.Degraded => HealthStatus.Degraded,
            _ => HealthStatus.Unhealthy,
        };
        Dictionary<string, object>? data = health.Counts is { } counts
            ? new Dictionary<string, object> { ["messages"] = counts.Messages, ["due"] = counts.Due, ["waiting"] = counts.Waiting, ["delivering"] = counts.Delivering, ["held"] = counts.Held }
            : null;
        return new HealthCheckResult(status, health.Description, data: data);
    }
}
