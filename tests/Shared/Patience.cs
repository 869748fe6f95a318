using System.Runtime.CompilerServices;

namespace MtaSts.Delivery.Tests;

/// <summary>Waits in real time for what must come, so long that only a hang takes longer.</summary>
internal static class Patience
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

    /// <summary>Waits until it is so; before each further look, something may be done for it.</summary>
    public static Task UntilAsync(Func<bool> isSo, Action? meanwhile = null, [CallerArgumentExpression(nameof(isSo))] string what = "") =>
        UntilAsync(() => Task.FromResult(isSo()), meanwhile, what);

    /// <inheritdoc cref="UntilAsync(Func{bool}, Action?, string)"/>
    public static async Task UntilAsync(Func<Task<bool>> isSo, Action? meanwhile = null, [CallerArgumentExpression(nameof(isSo))] string what = "")
    {
        long started = TimeProvider.System.GetTimestamp();
        while (!await isSo())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Longest)
            {
                throw new TimeoutException($"It does not come to this: {what}");
            }

            meanwhile?.Invoke();
            await Task.Delay(Pause);
        }
    }
}
