using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Queue.Diagnostics;

namespace MtaSts.Delivery.Queue.Working;

/// <summary>Whether the store could be used last time; a change is told once.</summary>
internal sealed class StoreState(ILogger logger, QueueTelemetry telemetry)
{
    private volatile string? _trouble;

    /// <summary>What is wrong with the store; <see langword="null"/> when nothing is.</summary>
    public string? Trouble => _trouble;

    public void Failed(Exception failure)
    {
        telemetry.StoreFailed();
        if (Interlocked.Exchange(ref _trouble, failure.Message) is null)
        {
            logger.StoreDown(failure.Message);
        }
    }

    public void Worked()
    {
        if (_trouble is not null && Interlocked.Exchange(ref _trouble, null) is not null)
        {
            logger.StoreUp();
        }
    }
}
