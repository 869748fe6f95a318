namespace MtaSts.Delivery.Cli.Output;

/// <summary>Standard output cannot be written to.</summary>
/// <param name="failure">What the system says.</param>
internal sealed class OutputException(Exception failure) : IOException("Standard output cannot be written to: " + failure.Message.TrimEnd('.') + ".", failure)
{
    // The system's own number, the same on Linux and on macOS.
    private const int BrokenPipe = 32;

    /// <summary>Whether nobody reads any more (<c>| head</c>), which is no trouble.</summary>
    public bool IsReaderGone => InnerException!.HResult == BrokenPipe;
}
