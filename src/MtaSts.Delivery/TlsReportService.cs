using Microsoft.Extensions.Hosting;

namespace MtaSts.Delivery;

/// <summary>Sends TLS reports while a host runs.</summary>
internal sealed class TlsReportService(TlsReporter reporter) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => reporter.RunForeverAsync(stoppingToken);
}
