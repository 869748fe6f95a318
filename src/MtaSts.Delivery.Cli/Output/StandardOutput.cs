using Microsoft.Win32.SafeHandles;

namespace MtaSts.Delivery.Cli.Output;

/// <summary>Standard output that tells what becomes of it: whose reader has gone, and what cannot be written.</summary>
/// <param name="inner">Where the octets go.</param>
internal sealed class StandardOutput(Stream inner) : Stream
{
    // POSIX leaves a write of so many octets to a pipe whole, so that a pipe which is full for now can be written to again.
    private const int Whole = 512;
    private const int AgainOnLinux = 11;
    private const int AgainOnMac = 35;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>That of this process.</summary>
    /// <remarks>The console's own stream keeps it to itself when a pipe has lost its reader; a <see cref="FileStream"/> tells. But that keeps
    /// its own place in a file, where the next program writes over what was written, so it is used for what has no places only.</remarks>
    public static StandardOutput OfProcess()
    {
        if (OperatingSystem.IsWindows() || !Console.IsOutputRedirected)
        {
            return new StandardOutput(Console.OpenStandardOutput());
        }

        try
        {
            var pipe = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            return new StandardOutput(pipe.CanSeek ? Console.OpenStandardOutput() : pipe);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // Closed from the start (>&-), or open for reading only; the console's stream knows what to do.
            return new StandardOutput(Console.OpenStandardOutput());
        }
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            int length = Math.Min(buffer.Length, inner is FileStream ? Whole : buffer.Length);
            WriteWhole(buffer[..length]);
            buffer = buffer[length..];
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    // Not cancelled: what is known is said.
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override void Flush()
    {
        try
        {
            inner.Flush();
        }
        catch (IOException failure)
        {
            throw new OutputException(failure);
        }
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void WriteWhole(ReadOnlySpan<byte> octets)
    {
        SpinWait pause = default;
        while (true)
        {
            try
            {
                inner.Write(octets);
                return;
            }
            catch (IOException full) when (inner is FileStream && full.HResult is AgainOnLinux or AgainOnMac)
            {
                pause.SpinOnce();
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                throw new OutputException(failure);
            }
        }
    }
}
