namespace MtaSts.Delivery.Cli;

/// <summary>One input of a command: a file, or <c>-</c> for standard input.</summary>
internal abstract record Input(string Source)
{
    /// <summary>What was read.</summary>
    public sealed record Content(string Source, ReadOnlyMemory<byte> Octets) : Input(Source);

    /// <summary>It is longer than anything of its kind may be.</summary>
    public sealed record TooLarge(string Source, int Limit) : Input(Source);

    /// <summary>It cannot be read: missing, a directory, forbidden.</summary>
    public sealed record Unusable(string Source, string Reason) : Input(Source);

    /// <summary>Reads an input to its end or to the limit.</summary>
    public static async Task<Input> ReadAsync(string source, int limit, Surroundings around, CancellationToken cancellationToken)
    {
        try
        {
            if (source != "-" && Directory.Exists(source))
            {
                return new Unusable(source, "it is a directory");
            }

            Stream stream = source == "-" ? around.In : new FileStream(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            await using (stream.ConfigureAwait(false))
            {
                // Small files, most of all, are read in one go; a pipe or a device never says how long it is.
                byte[] octets = new byte[stream is FileStream { CanSeek: true, Length: var length and > 0 } && length <= limit ? (int)length + 1 : Math.Min(limit + 1, 64 * 1024)];
                int read = 0;
                while (true)
                {
                    // A terminal's or a pipe's read is not to be cancelled; it is left alone.
                    int more = await stream.ReadAsync(octets.AsMemory(read), cancellationToken).AsTask().WaitAsync(cancellationToken).ConfigureAwait(false);
                    read += more;
                    if (more == 0)
                    {
                        return new Content(source, octets.AsMemory(0, read));
                    }

                    if (read > limit)
                    {
                        return new TooLarge(source, limit);
                    }

                    if (read == octets.Length)
                    {
                        Array.Resize(ref octets, Math.Min(limit + 1, 2 * octets.Length));
                    }
                }
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            return new Unusable(source, failure is FileNotFoundException or DirectoryNotFoundException ? "there is no such file" : failure is UnauthorizedAccessException ? "it may not be read" : failure.Message);
        }
    }
}
