using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;

namespace MtaSts.Delivery.Sqlite;

/// <summary>Asks SQLite whether the file that it has open is still the one at its path: one that was removed or replaced swallows whatever is written.</summary>
internal static unsafe class MovedFile
{
    // https://www.sqlite.org/c3ref/c_fcntl_begin_atomic_write.html
    private const int HasMovedCode = 20;

    private static readonly delegate* unmanaged[Cdecl]<nint, byte*, int, int*, int> FileControl = Find();

    /// <summary>Whether it was moved, replaced or removed; false as well where SQLite cannot tell.</summary>
    public static bool IsBehind(SqliteConnection connection)
    {
        if (FileControl is null || connection.Handle is not { IsInvalid: false } handle)
        {
            return false;
        }

        int moved = 0;
        fixed (byte* main = "main\0"u8)
        {
            return FileControl(handle.DangerousGetHandle(), main, HasMovedCode, &moved) == 0 && moved != 0;
        }
    }

    private static delegate* unmanaged[Cdecl]<nint, byte*, int, int*, int> Find() =>
        NativeLibrary.TryLoad(SQLitePCL.raw.GetNativeLibraryName(), typeof(SQLitePCL.raw).Assembly, null, out nint library)
        && NativeLibrary.TryGetExport(library, "sqlite3_file_control", out nint address)
            ? (delegate* unmanaged[Cdecl]<nint, byte*, int, int*, int>)address
            : null;
}
