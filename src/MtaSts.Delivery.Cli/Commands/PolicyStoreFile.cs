using System.CommandLine;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Sqlite;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary>The policy store that the command line names.</summary>
internal static class PolicyStoreFile
{
    public static Option<string?> Option() => new("--policy-store") { Description = "A file that keeps policies between calls; made if there is none.", HelpName = "FILE.db" };

    /// <summary>Opens a store.</summary>
    /// <remarks>The store sets a damaged file aside and begins anew. What never was a store must not meet that fate by a slip of the hand.</remarks>
    public static SqlitePolicyStore Open(string path, bool mustExist, Surroundings around)
    {
        if (Directory.Exists(path))
        {
            throw new UsageException($"--policy-store {path}: it is a directory.");
        }

        if (!File.Exists(path))
        {
            return !mustExist && Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(path)))
                ? Create(path, around)
                : throw new UsageException($"--policy-store {path}: there is no such {(mustExist ? "file" : "directory")}.");
        }

        byte[] start = new byte[16];
        try
        {
            using FileStream file = File.OpenRead(path);
            int read = file.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
            if (read > 0 && !start.AsSpan(0, read).SequenceEqual("SQLite format 3\0"u8))
            {
                throw new UsageException($"--policy-store {path}: it is no policy store.");
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--policy-store {path}: {failure.Message}");
        }

        return Create(path, around);
    }

    private static SqlitePolicyStore Create(string path, Surroundings around) => new(path, new StoreNotes(path, around.Error), around.Clock);

    /// <summary>Waits until all that the store holds is known.</summary>
    /// <exception cref="UsageException">The store cannot be used. A deliverer would go on without it; a user who named it wants to know.</exception>
    public static async Task LoadAsync(MailDeliverer deliverer, CancellationToken cancellationToken)
    {
        PolicyCache cache = deliverer.Policies.Cache;
        await cache.WaitUntilLoadedAsync(cancellationToken).ConfigureAwait(false);
        if (cache.IsStoreDown)
        {
            throw new UsageException("The policy store cannot be used: look whether the file and its directory may be written to.");
        }
    }
}
