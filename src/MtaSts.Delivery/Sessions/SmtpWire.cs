using System.Text;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Sessions;

/// <summary>The stream between an SMTP client and the server: deadlines, limits and a record of every reply.</summary>
/// <remarks>
/// <para>MailKit reads replies without limit and without a deadline over the whole reply, and takes codes literally. So this class reads each
/// reply itself, keeps it, and hands MailKit a short canonical form of it; the outcome is computed from the kept replies, matched to
/// commands by count. It also knows when the end of the message went out, which decides whether a lost connection may mean a delivery.</para>
/// <para>Commands are written by a client that waits for its replies, or pipelines MAIL and RCPT; one operation at a time.</para>
/// </remarks>
internal sealed class SmtpWire(Stream inner, SessionOptions options, TimeProvider clock) : Stream
{
    private const int BlockSize = 64 * 1024;

    /// <summary>How many commands may go unanswered: more, and both sides could end up blocked in writing. RFC 2920 §3.1.</summary>
    private const int Window = 100;

    private readonly ReplyReader _replies = new(inner, options.MaxReplySize);
    private readonly MemoryStream _output = new();
    private readonly Queue<SmtpPhase> _outstanding = new();
    private readonly Queue<byte> _canonical = new();
    private readonly List<byte> _command = [];
    private readonly List<SmtpExchange> _exchanges = [];
    private Queue<string> _addresses = new();
    private bool _inContent;
    private uint _tail;
    private byte _beforeTail;

    /// <summary>The replies so far, in the order of their commands.</summary>
    public IReadOnlyList<SmtpExchange> Exchanges => _exchanges;

    /// <summary>What ended the conversation, or <see langword="null"/>.</summary>
    public SessionFailure? Failure { get; private set; }

    /// <summary>Whether the end of a message went out, or may have, and no reply to it came: it may have been delivered. RFC 5321 §4.5.3.2.6.</summary>
    public bool MayHaveBeenAccepted { get; private set; }

    /// <summary>A reply that came although no command asked for one: replies before it may have been answers to other commands.</summary>
    public SmtpReply? Unasked { get; private set; }

    /// <summary>Whether octets have arrived that no command asked for.</summary>
    public bool HasUnreadInput => _replies.HasUnread;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Lets the next read return a greeting, for a client that is put on a connection already greeted.</summary>
    public void ReplayGreeting() => Hand("220 ready\r\n");

    /// <summary>Forgets the replies so far: a new transaction begins.</summary>
    /// <param name="addresses">The paths that the next MAIL and RCPT commands carry, in their order.</param>
    public void BeginTransaction(IEnumerable<string> addresses)
    {
        _exchanges.Clear();
        _addresses = new Queue<string>(addresses);
        MayHaveBeenAccepted = false;
    }

    /// <summary>Sends one command and reads its reply.</summary>
    public async Task<SmtpReply> ExchangeAsync(SmtpPhase phase, string command, CancellationToken cancellationToken)
    {
        await RefuseUnaskedAsync(phase, cancellationToken).ConfigureAwait(false);
        await SendAsync(phase, Encoding.ASCII.GetBytes(command + "\r\n"), cancellationToken).ConfigureAwait(false);
        return await ReadReplyAsync(phase, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes leave. Where two replies come to QUIT, the first was the answer to something before it. RFC 5321 §4.1.1.10.</summary>
    public async Task QuitAsync(CancellationToken cancellationToken)
    {
        SmtpReply reply = await ExchangeAsync(SmtpPhase.Quit, "QUIT", cancellationToken).ConfigureAwait(false);
        if (reply.Code != 221)
        {
            await ReadReplyAsync(SmtpPhase.Quit, cancellationToken).ConfigureAwait(false);
            Unasked = reply;
        }
    }

    /// <summary>Reads one reply within the phase's deadline; 421, garbage, excess and silence become an <see cref="SmtpWireException"/>.</summary>
    public async Task<SmtpReply> ReadReplyAsync(SmtpPhase phase, CancellationToken cancellationToken)
    {
        TimeSpan timeout = options.TimeoutFor(phase);
        using var deadline = new CancellationTokenSource(timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            SmtpReply reply = await _replies.ReadAsync(both.Token).ConfigureAwait(false);
            // Whatever the reply to a whole message says, with it there is one; but 421 may have been said before the message ended.
            MayHaveBeenAccepted = reply.Code == 421 && phase == SmtpPhase.FinalDot && await IsTakenAllTheSameAsync(cancellationToken).ConfigureAwait(false);
            return reply.Code == 421
                ? throw Fail(new SessionFailure(SessionFailureKind.ServiceClosing, phase, "the server closes the session: " + reply, reply))
                : reply;
        }
        catch (Exception failure) when (failure is not SmtpWireException)
        {
            throw Translate(failure, phase, timeout, deadline.IsCancellationRequested, cancellationToken);
        }
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_canonical.Count == 0)
        {
            await FlushOutputAsync(cancellationToken).ConfigureAwait(false);
            await TakeReplyAsync(cancellationToken).ConfigureAwait(false);
        }

        int count = Math.Min(buffer.Length, _canonical.Count);
        for (int i = 0; i < count; i++)
        {
            buffer.Span[i] = _canonical.Dequeue();
        }

        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_inContent)
        {
            await WriteContentAsync(buffer, cancellationToken).ConfigureAwait(false);
            return;
        }

        for (int start = 0; start < buffer.Length;)
        {
            int end = buffer.Span[start..].IndexOf((byte)'\n');
            int next = end < 0 ? buffer.Length : start + end + 1;
            _command.AddRange(buffer.Span[start..next]);
            start = next;
            if (end >= 0)
            {
                await WriteCommandAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => FlushOutputAsync(cancellationToken);

    public override void Flush()
    {
        // Everything goes out with the asynchronous flush or the next read.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _output.Dispose();
        }

        base.Dispose(disposing);
    }

    private async Task WriteCommandAsync(CancellationToken cancellationToken)
    {
        SmtpPhase phase = PhaseOf(Encoding.ASCII.GetString([.. _command.Take(4)]));
        if (_outstanding.Count == 0)
        {
            await RefuseUnaskedAsync(phase, cancellationToken).ConfigureAwait(false);
        }

        _output.Write(phase is SmtpPhase.Mail or SmtpPhase.Rcpt ? WithAddress(Encoding.UTF8.GetString([.. _command])) : [.. _command]);
        _command.Clear();
        _outstanding.Enqueue(phase);
        if (_outstanding.Count >= Window)
        {
            await FlushOutputAsync(cancellationToken).ConfigureAwait(false);
            while (_outstanding.Count > Window / 2)
            {
                await TakeReplyAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Puts the next address between the command's angle brackets.</summary>
    private byte[] WithAddress(string command) =>
        Encoding.UTF8.GetBytes(command[..(command.IndexOf('<', StringComparison.Ordinal) + 1)] + _addresses.Dequeue() + command[command.IndexOf('>', StringComparison.Ordinal)..]);

    private async Task WriteContentAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        while (buffer.Length > 0)
        {
            ReadOnlyMemory<byte> part = buffer[..Math.Min(buffer.Length, BlockSize - (int)_output.Length)];
            _output.Write(part.Span);
            foreach (byte octet in part.Span[^Math.Min(5, part.Length)..])
            {
                _beforeTail = (byte)(_tail >> 24);
                _tail = (_tail << 8) | octet;
            }

            buffer = buffer[part.Length..];
            if (_output.Length == BlockSize)
            {
                await FlushOutputAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task FlushOutputAsync(CancellationToken cancellationToken)
    {
        if (_output.Length == 0)
        {
            return;
        }

        if (_inContent)
        {
            // What is there before the end of the message is no answer to it. RFC 5321 §4.1.1.4.
            await RefuseUnaskedAsync(SmtpPhase.Content, cancellationToken).ConfigureAwait(false);
        }

        if (_inContent && _beforeTail == '\r' && _tail == 0x0A2E0D0A)
        {
            // From here on the server may take the message even if nothing more is heard of it.
            MayHaveBeenAccepted = true;
        }

        byte[] block = _output.ToArray();
        _output.SetLength(0);
        await SendAsync(_inContent ? SmtpPhase.Content : _outstanding.Count > 0 ? _outstanding.Peek() : SmtpPhase.Between, block, cancellationToken).ConfigureAwait(false);
    }

    private async Task SendAsync(SmtpPhase phase, byte[] octets, CancellationToken cancellationToken)
    {
        TimeSpan timeout = options.TimeoutFor(phase);
        using var deadline = new CancellationTokenSource(timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await inner.WriteAsync(octets, both.Token).ConfigureAwait(false);
            await inner.FlushAsync(both.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            throw Translate(failure, phase, timeout, deadline.IsCancellationRequested, cancellationToken);
        }
    }

    /// <summary>Reads the reply to the oldest unanswered command, keeps it, and hands its canonical form on.</summary>
    private async Task TakeReplyAsync(CancellationToken cancellationToken)
    {
        SmtpPhase phase = _inContent ? SmtpPhase.FinalDot : _outstanding.TryPeek(out SmtpPhase oldest) ? oldest : SmtpPhase.Between;
        SmtpReply reply = await ReadReplyAsync(phase, cancellationToken).ConfigureAwait(false);
        if (phase == SmtpPhase.FinalDot && reply.Code is >= 300 and < 400)
        {
            // Neither taken nor refused: the answer itself may still come.
            MayHaveBeenAccepted = true;
            throw Fail(new SessionFailure(SessionFailureKind.ProtocolViolation, phase, "the server's reply is no answer to a message: " + reply));
        }

        _exchanges.Add(new SmtpExchange(phase, reply));
        if (_inContent)
        {
            _inContent = false;
        }
        else
        {
            _outstanding.TryDequeue(out _);
        }

        // A go-ahead that nothing asked for, or none where one was due: the replies are a command behind, and nobody knows since when.
        if (phase is SmtpPhase.Data or SmtpPhase.Between && reply.Code / 100 == (phase == SmtpPhase.Data ? 2 : 3))
        {
            throw Fail(new SessionFailure(SessionFailureKind.ProtocolViolation, phase, "the server's replies do not belong to the commands: " + reply));
        }

        if (phase == SmtpPhase.Data && reply.Code is >= 300 and < 400)
        {
            // Otherwise what is there already would count as the reply to a message that nobody has sent yet.
            await RefuseUnaskedAsync(phase, cancellationToken).ConfigureAwait(false);
            _inContent = true;
            // The message begins at the start of a line.
            (_beforeTail, _tail) = (0, 0x0D0A);
        }

        Hand(Canonical(phase, reply));
    }

    /// <summary>Ends the session when something has arrived that no command asked for; 421, and the end of the connection, go by their own names.</summary>
    private async Task RefuseUnaskedAsync(SmtpPhase phase, CancellationToken cancellationToken)
    {
        if (_replies.Poll())
        {
            Unasked = await ReadReplyAsync(phase, cancellationToken).ConfigureAwait(false);
            throw Fail(new SessionFailure(SessionFailureKind.ProtocolViolation, phase, "the server sent a reply that nothing had asked for: " + Unasked));
        }
    }

    /// <summary>Whether a server that answered the message with 421 says something else to QUIT than farewell: then that is the answer to the message.</summary>
    private async Task<bool> IsTakenAllTheSameAsync(CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(options.QuitTimeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await inner.WriteAsync("QUIT\r\n"u8.ToArray(), both.Token).ConfigureAwait(false);
            await inner.FlushAsync(both.Token).ConfigureAwait(false);
            return await _replies.ReadAsync(both.Token).ConfigureAwait(false) is { IsPositive: true, Code: not 221 };
        }
        catch (Exception gone) when (gone is IOException or InvalidDataException or OperationCanceledException or ObjectDisposedException or System.Net.Sockets.SocketException or InvalidOperationException)
        {
            // It closes, as it said.
            return false;
        }
    }

    private void Hand(string text)
    {
        foreach (byte octet in Encoding.ASCII.GetBytes(text))
        {
            _canonical.Enqueue(octet);
        }
    }

    /// <summary>The reply in the few codes that the client tells apart: by first digit, as RFC 5321 §4.3.2 wants for codes unknown.</summary>
    private static string Canonical(SmtpPhase phase, SmtpReply reply)
    {
        if (phase == SmtpPhase.FinalEhlo && reply.IsPositive)
        {
            return string.Concat(reply.Lines.Select((line, i) => (i == reply.Lines.Count - 1 ? "250 " : "250-") + line + "\r\n"));
        }

        return (phase, reply.Code / 100) switch
        {
            (SmtpPhase.Data, 3) => "354 go ahead\r\n",
            (SmtpPhase.Data, 2) or (_, 3) or (_, 4) => "450 refused\r\n",
            (_, 2) => "250 ok\r\n",
            _ => "550 refused\r\n",
        };
    }

    private static SmtpPhase PhaseOf(string verb) => verb.ToUpperInvariant() switch
    {
        "EHLO" or "HELO" => SmtpPhase.FinalEhlo,
        "MAIL" => SmtpPhase.Mail,
        "RCPT" => SmtpPhase.Rcpt,
        "DATA" => SmtpPhase.Data,
        "QUIT" => SmtpPhase.Quit,
        _ => SmtpPhase.Between,
    };

    private Exception Translate(Exception failure, SmtpPhase phase, TimeSpan timeout, bool timedOut, CancellationToken cancellationToken) =>
        failure is SmtpWireException ? failure
        : cancellationToken.IsCancellationRequested ? new OperationCanceledException(cancellationToken)
        : timedOut ? Fail(new SessionFailure(SessionFailureKind.Timeout, phase, FormattableString.Invariant($"no answer within {timeout.TotalSeconds:0.#} s")))
        : failure is InvalidDataException ? Fail(new SessionFailure(SessionFailureKind.ProtocolViolation, phase, failure.Message))
        : failure is IOException or ObjectDisposedException or System.Net.Sockets.SocketException or InvalidOperationException
            ? Fail(new SessionFailure(SessionFailureKind.ConnectionLost, phase, "the connection was lost: " + PrintableText.Of(failure.Message)))
            : failure;

    private SmtpWireException Fail(SessionFailure failure)
    {
        Failure ??= failure;
        return new SmtpWireException(failure);
    }
}
