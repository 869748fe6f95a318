using Microsoft.Data.Sqlite;

namespace MtaSts.Delivery.Sqlite;

/// <summary>What can be wrong with a file, and in which words it is told.</summary>
internal static class FileFailures
{
    // SQLite's own result codes, https://www.sqlite.org/rescode.html
    public const int Error = 1;
    public const int Busy = 5;
    public const int Locked = 6;
    public const int ReadOnly = 8;
    public const int IoError = 10;
    public const int Corrupt = 11;
    public const int Full = 13;
    public const int CannotOpen = 14;
    public const int NotADatabase = 26;

    /// <summary>What was to be deleted was not there (SQLITE_IOERR_DELETE_NOENT).</summary>
    public const int DeletedBefore = IoError | (23 << 8);

    /// <summary>Whether a row breaks what the schema promises (a NULL, another type), as only a damaged one does.</summary>
    public static bool IsForeignRow(Exception failure) => failure is InvalidOperationException and not ObjectDisposedException or InvalidCastException or FormatException or OverflowException;

    public static string DescribeForeign(Exception failure, string path) => $"{path} holds what this library did not write: {failure.Message}";

    /// <summary>Says why a file cannot be used, and what to do.</summary>
    /// <param name="failure">What SQLite said.</param>
    /// <param name="path">The file.</param>
    /// <param name="isKept">Whether it is never begun anew.</param>
    /// <param name="isReadOnly">Whether it could only be opened for reading.</param>
    public static string Describe(SqliteException failure, string path, bool isKept, bool isReadOnly) => failure.SqliteErrorCode switch
    {
        Corrupt or Error when isKept => $"{path} is damaged ({failure.Message}): stop the program, copy the file with its -wal file aside, and recover it (sqlite3 {path} .recover), or begin with a new one.",
        Busy or Locked => $"{path} is locked by another program, such as a backup or an open SQLite shell: try again, or end what holds it.",
        NotADatabase => $"{path} is no SQLite database; name another file, or move it away.",
        ReadOnly => $"{path} cannot be written to; make the file and its directory writable for this program.",
        Full => $"The disk of {path} is full; make room.",
        CannotOpen when !Directory.Exists(Path.GetDirectoryName(path)) => $"{path} cannot be made: its directory does not exist; create it.",
        CannotOpen when Directory.Exists(path) => $"{path} is a directory; name a file.",
        CannotOpen => $"{path} cannot be opened; look at the permissions of the file and its directory.",
        IoError => $"{path} cannot be read or written ({failure.Message}); look at the disk.",
        _ => $"{path} cannot be used: {failure.Message}{(isReadOnly ? " (opened for reading only)" : "")}",
    };
}
