using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace MtaSts.Delivery.Queue;

/// <summary>The number of a queued message, which no other message of the same store ever had or gets.</summary>
/// <param name="Value">1 or more.</param>
public readonly record struct QueueId(long Value)
{
    /// <summary>Reads a number in decimal digits.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out QueueId id)
    {
        bool isNumber = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long value) && value > 0;
        id = new QueueId(isNumber ? value : 0);
        return isNumber;
    }

    /// <summary>The number in decimal digits.</summary>
    public override string ToString() => Value.ToString(CultureInfo.InvariantCulture);
}
