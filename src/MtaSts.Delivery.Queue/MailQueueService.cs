using Microsoft.Extensions.Hosting;

namespace MtaSts.Delivery.Queue;

/// <summary>Delivers queued mail while a host runs; at its end, what is under way is finished or given back.</summary>
internal sealed class MailQueueService(MailQueue queue) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => queue.RunAsync(stoppingToken);
}
