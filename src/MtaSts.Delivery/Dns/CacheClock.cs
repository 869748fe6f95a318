using Microsoft.Extensions.Internal;

namespace MtaSts.Delivery.Dns;

/// <summary>A clock in the shape that memory caches want.</summary>
internal sealed class CacheClock(TimeProvider clock) : ISystemClock
{
    public DateTimeOffset UtcNow => clock.GetUtcNow();
}
