namespace MtaSts.Delivery.Sqlite;

/// <summary>A file that cannot be used, and what to do about it.</summary>
internal sealed class SqliteFileException(string message, Exception? innerException = null) : IOException(message, innerException);
