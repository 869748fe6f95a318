using Microsoft.Extensions.Logging;

namespace MtaSts.Delivery.Sqlite;

/// <summary>What is logged, with stable ids.</summary>
internal static partial class Log
{
    [LoggerMessage(101, LogLevel.Error, "{File} is damaged and has been set aside as {Aside}: {Damage}")]
    public static partial void FileDamaged(this ILogger logger, string file, string aside, string damage);

    [LoggerMessage(102, LogLevel.Error, "Nothing could be read from {Aside}: {Damage}")]
    public static partial void NothingSaved(this ILogger logger, string aside, string damage);

    [LoggerMessage(103, LogLevel.Warning, "{Count} entries were saved from the damaged file")]
    public static partial void EntriesSaved(this ILogger logger, int count);

    [LoggerMessage(104, LogLevel.Warning, "{Count} entries of {File} cannot be read and are left out")]
    public static partial void EntriesUnreadable(this ILogger logger, int count, string file);

    [LoggerMessage(105, LogLevel.Error, "Of the table {Table} of the damaged file not all could be read: {Damage}")]
    public static partial void TableCutShort(this ILogger logger, string table, string damage);

    [LoggerMessage(106, LogLevel.Error, "Message {Id} in {File} cannot be read and is held: {Damage}")]
    public static partial void MessageUnreadable(this ILogger logger, long id, string file, string damage);
}
