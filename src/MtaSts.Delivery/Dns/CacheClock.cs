using Microsoft.Extensions.Internal;

namespace MtaSts.Delivery.Dns;

/// <summary>A clock in the shape that memory caches want.</summary>
internal sealed class CacheClock(Func<DateTimeOffset> now) : ISystemClock
{
    public DateTimeOffset UtcNow => now();

    /// <summary>One that tells how much time has passed: whoever sets the clock makes nothing older or younger.</summary>
    public static CacheClock OfElapsed(TimeProvider clock)
    {
        long started = clock.GetTimestamp();
        return new CacheClock(() => DateTimeOffset.UnixEpoch + clock.GetElapsedTime(started));
    }
}
