namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>Room on the disk that is kept for writing down what became of mail: without it a queue that has filled its disk could not empty itself.</summary>
/// <remarks>Each program keeps room of its own, in the first file that no other holds; what one that was killed has left serves the next.</remarks>
internal sealed class DiskReserve(string path)
{
    private const int Size = 1 << 20;
    private const int MaxPrograms = 16;

    private FileStream? _file;

    /// <summary>Why there is not even a file to keep the room in; <see langword="null"/> when there is one.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Takes the room, if it is there to be taken.</summary>
    public bool TryKeep()
    {
        try
        {
            _file ??= Open();
            if (_file is null || _file.Length < Size)
            {
                _file?.Write(new byte[Size]);
                _file?.Flush(flushToDisk: true);
            }

            return _file is not null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            TryGive();
            return false;
        }
    }

    /// <summary>Gives the room back to whoever needs it now; false when there was none.</summary>
    public bool TryGive()
    {
        try
        {
            bool was = _file is { Length: > 0 };
            _file?.SetLength(0);
            _file?.Seek(0, SeekOrigin.Begin);
            return was;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>Gives it back for good.</summary>
    public void End()
    {
        if (_file is null)
        {
            return;
        }

        try
        {
            // While it is still held: afterwards it may be another's.
            if (!OperatingSystem.IsWindows())
            {
                File.Delete(_file.Name);
            }
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It serves the next program.
        }

        _file.Dispose();
        _file = null;
    }

    private FileStream? Open()
    {
        var options = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        for (int i = 1; i <= MaxPrograms; i++)
        {
            try
            {
                var opened = new FileStream(i == 1 ? path : FormattableString.Invariant($"{path}{i}"), options);
                Refusal = null;
                return opened;
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Another program holds it, or it is another user's.
                Refusal ??= $"{path}, in which room is kept for the outcomes of mail, cannot be used, nor can those beside it ({failure.Message}); remove them, or make them writable for this program.";
            }
        }

        return null;
    }
}
