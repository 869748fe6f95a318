namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>Room on the disk that is kept for writing down what became of mail: without it a queue that has filled its disk could not empty itself.</summary>
internal sealed class DiskReserve(string path)
{
    private const int Size = 1 << 20;

    /// <summary>Takes the room, if it is there to be taken.</summary>
    public bool TryKeep()
    {
        try
        {
            if (new FileInfo(path) is { Exists: true, Length: Size })
            {
                return true;
            }

            using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
            file.Write(new byte[Size]);
            file.Flush(flushToDisk: true);
            return true;
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
            bool was = File.Exists(path);
            File.Delete(path);
            return was;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
