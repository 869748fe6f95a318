using System.Runtime.InteropServices;

namespace MtaSts.Delivery.Sqlite;

/// <summary>Which file a path leads to at this moment.</summary>
/// <param name="Inode">Its number on its disk; 0 where the system does not say (any but Linux).</param>
/// <param name="Length">Its length in octets.</param>
internal readonly partial record struct FileIdentity(ulong Inode, long Length)
{
    // https://man7.org/linux/man-pages/man2/statx.2.html
    private const int CurrentDirectory = -100;
    private const uint InodeAndSize = 0x100 | 0x200;
    private const int BufferSize = 256;
    private const int InodeOffset = 32;
    private const int SizeOffset = 40;

    /// <summary>The file at a path; <see langword="null"/> when there is none.</summary>
    public static unsafe FileIdentity? Of(string path)
    {
        if (OperatingSystem.IsLinux())
        {
            byte* buffer = stackalloc byte[BufferSize];
            try
            {
                if (Statx(CurrentDirectory, path, 0, InodeAndSize, buffer) == 0)
                {
                    var found = new ReadOnlySpan<byte>(buffer, BufferSize);
                    return new FileIdentity(MemoryMarshal.Read<ulong>(found[InodeOffset..]), MemoryMarshal.Read<long>(found[SizeOffset..]));
                }
            }
            catch (EntryPointNotFoundException)
            {
                // A C library without it.
            }
        }

        return new FileInfo(path) is { Exists: true } file ? new FileIdentity(0, file.Length) : null;
    }

    /// <summary>Whether both are the same file, as far as one can tell.</summary>
    public bool IsSameAs(FileIdentity other) => Inode == other.Inode || Inode == 0 || other.Inode == 0;

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static unsafe partial int Statx(int directory, string path, int flags, uint mask, byte* buffer);
}
