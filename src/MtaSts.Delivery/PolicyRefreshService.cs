using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using MtaSts.Delivery.Diagnostics;

namespace MtaSts.Delivery;

/// <summary>Learns the policies that are wanted from the start, and keeps all of them fresh while a host runs.</summary>
internal sealed class PolicyRefreshService(MailDeliverer deliverer, IOptions<MailDelivererOptions> options, ILogger<MailDeliverer>? logger = null) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(PreloadAsync(stoppingToken), deliverer.Policies.RunRefreshAsync(stoppingToken));

    private async Task PreloadAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Policies.PreloadFile is not { } file)
        {
            return;
        }

        try
        {
            await deliverer.Policies.PreloadFileAsync(file, cancellationToken: stoppingToken).ConfigureAwait(false);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // Mail goes on without: each domain is learnt with its first message.
            (logger ?? NullLogger<MailDeliverer>.Instance).PreloadFailed(unreadable, file);
        }
    }
}
