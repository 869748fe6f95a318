namespace MtaSts.Delivery.Cli;

/// <summary>How the tool ends, for scripts. The higher value wins where several inputs come to different ends.</summary>
internal static class ExitCode
{
    public const int Good = 0;
    public const int Findings = 1;
    public const int Usage = 2;
    public const int Temporary = 3;

    /// <summary>The output cannot be written: the disk is full.</summary>
    public const int OutputFailed = 4;

    /// <summary>Whoever reads the output has gone: 128 and SIGPIPE, as of any other tool.</summary>
    public const int OutputClosed = 141;

    /// <summary>Stopped by Ctrl-C: 128 and SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>The one code for several inputs: a mistake of the user's first, then what is certainly wrong, then what could not be found out.</summary>
    public static int Worst(IEnumerable<int> codes)
    {
        int[] all = [.. codes];
        return all.Contains(Usage) ? Usage : all.Contains(Findings) ? Findings : all.Contains(Temporary) ? Temporary : Good;
    }
}
