using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Sessions;

/// <summary>The stream between an SMTP client and the server: deadlines, limits and a record of every reply.</summary>
/// <remarks>
/// <para>MailKit reads replies without limit and without a deadline over the whole reply, and takes codes literally. So this class reads each
/// reply itself, keeps it, and hands MailKit a short canonical form of it; the outcome is computed from the kept replies, matched to
/// commands by count. It also knows when the end of the message went out, which decides whether a lost connection may mean a delivery.</para>
/// <para>Commands are written by a client that waits for its replies, or pipelines MAIL and RCPT; one operation at a time. Addresses and message are not
/// taken from the client, which has stand-ins for them: it would encode names anew, merge recipients that differ in case, and write the message in small pieces.</para>
/// </remarks>
internal sealed class SmtpWire : Stream
{
    /// <summary>How many commands may go unanswered: more, and both sides could end up blocked in writing. RFC 2920 §3.1.</summary>
    private const int Window = 100;

    private readonly Stream _inner;
    private readonly SessionOptions _options;
    private readonly Deadline _deadline;
    private readonly ReplyReader _replies;
    private readonly Queue<SmtpPhase> _outstanding = new();
    private readonly List<SmtpExchange> _exchanges = [];
    private readonly ArrayBufferWriter<byte> _command = new(64);
    private readonly ArrayBufferWriter<byte> _output = new(8 * 1024);
    private readonly ArrayBufferWriter<byte> _canonical = new(64);
    private int _canonicalRead;
    private IReadOnlyList<SmtpPath> _paths = [];
    private int _nextPath;
    private ReadOnlyMemory<byte> _content;
    private ContentForm? _due;
    private bool _awaitsAnswer;
    private bool _confirms;
    private bool _isProven;
    private bool _isUnconfirmed;
    private SmtpReply? _oddReply;

    public SmtpWire(Stream inner, SessionOptions options, TimeProvider clock)
    {
        _inner = inner;
        _options = options;
        _deadline = new Deadline(clock);
        _replies = new ReplyReader(inner, options.MaxReplySize, _deadline.Token);
    }

    /// <summary>The replies so far, in the order of their commands.</summary>
    public IReadOnlyList<SmtpExchange> Exchanges => _exchanges;

    /// <summary>What ended the conversation, or <see langword="null"/>.</summary>
    public SessionFailure? Failure { get; private set; }

    /// <summary>Whether the end of a message went out, or may have, and no reply to it came: it may have been delivered. RFC 5321 §4.5.3.2.6.</summary>
    public bool MayHaveBeenAccepted { get; private set; }

    /// <summary>A reply that came although no command asked for one, or a refusal where RSET has none: replies before it may have been answers to other commands.</summary>
    public SmtpReply? Unasked { get => _oddReply ?? field; private set; }

    /// <summary>Whether the server does not do as RSET asks: it refuses, or says nothing.</summary>
    public bool IgnoresReset { get; private set; }

    /// <summary>Whether the server takes a command before it has answered the one before. RFC 2920.</summary>
    public bool Pipelines { get; set; }

    /// <summary>Whether each message that was to be confirmed was, so that the next replies belong to the next commands.</summary>
    public bool KeepsStep { get; private set; } = true;

    /// <summary>Whether RSET goes out with the message, so that its answer comes right behind the message's.</summary>
    private bool ResetFollows => _confirms && _isProven && Pipelines;

    /// <summary>Whether octets have arrived that no command asked for.</summary>
    public bool HasUnreadInput => _replies.HasUnread;

    /// <summary>Whether the server is silent, as it must be between transactions: otherwise it has said something unasked, or has gone. Never waits.</summary>
    public bool IsQuiet => Failure is null && !_deadline.Token.IsCancellationRequested && !_replies.Poll();

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>Lets the next read return a greeting, for a client that is put on a connection already greeted.</summary>
    public void ReplayGreeting() => Hand("220 ready\r\n"u8);

    /// <summary>Forgets the replies so far: a new transaction begins.</summary>
    /// <param name="paths">The paths that the next MAIL and RCPT commands carry, in their order.</param>
    /// <param name="content">The message, every line ended by CRLF.</param>
    /// <param name="confirms">Whether RSET follows the message: a reply too many, however late, puts the answer to the message into the place of the
    /// answer to RSET, which cannot be a refusal.</param>
    /// <param name="isProven">Whether the server has done as RSET asks in this session. Then RSET goes out with the message where the server pipelines
    /// (RFC 2920 §3.1), and is waited for as long as for the answer to a message, which it may be.</param>
    public void BeginTransaction(IReadOnlyList<SmtpPath> paths, ReadOnlyMemory<byte> content, bool confirms, bool isProven)
    {
        _exchanges.Clear();
        (_paths, _nextPath, _content, _confirms, _isProven) = (paths, 0, content, confirms, isProven);
        (MayHaveBeenAccepted, _isUnconfirmed) = (false, true);
    }

    /// <summary>Lets go of the message: a session that waits for the next one would hold the last.</summary>
    public void EndTransaction() => _content = default;

    /// <summary>Sends one command and reads its reply.</summary>
    public async Task<SmtpReply> ExchangeAsync(SmtpPhase phase, string command, CancellationToken cancellationToken)
    {
        await RefuseUnaskedAsync(phase, cancellationToken).ConfigureAwait(false);
        await SendAsync(phase, Encoding.ASCII.GetBytes(command + "\r\n"), cancellationToken).ConfigureAwait(false);
        return await ReadReplyAsync(phase, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes leave. Where several replies come to QUIT, those before the last were answers to something before it. RFC 5321 §4.1.1.10.</summary>
    public async Task QuitAsync(CancellationToken cancellationToken)
    {
        SmtpReply reply = await ExchangeAsync(SmtpPhase.Quit, "QUIT", cancellationToken).ConfigureAwait(false);
        if (reply.Code == 221)
        {
            // A refusal in the place of RSET's answer was RSET's.
            IgnoresReset |= _oddReply is not null;
            _oddReply = null;
        }

        for (int i = 0; reply.Code != 221 && i < Window; i++)
        {
            SmtpReply next = await ReadReplyAsync(SmtpPhase.Quit, cancellationToken).ConfigureAwait(false);
            NoteUnasked(reply);
            reply = next;
        }
    }

    /// <summary>Reads one reply within the phase's deadline; 421, garbage, excess and silence become an <see cref="SmtpWireException"/>.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<SmtpReply> ReadReplyAsync(SmtpPhase phase, CancellationToken cancellationToken)
    {
        // What comes behind a message may be its answer.
        bool isPatient = _isUnconfirmed && _isProven && phase is SmtpPhase.Between or SmtpPhase.Quit;
        TimeSpan timeout = _options.TimeoutFor(isPatient ? SmtpPhase.FinalDot : phase);
        SmtpReply reply;
        using (_deadline.Begin(timeout, cancellationToken))
        {
            try
            {
                reply = await _replies.ReadAsync().ConfigureAwait(false);
            }
            catch (Exception failure)
            {
                throw Translate(failure, phase, timeout, cancellationToken);
            }
        }

        // Whatever the reply to a whole message says, with it there is one; but 421 may have been said before the message ended.
        MayHaveBeenAccepted = reply.Code == 421 && phase == SmtpPhase.FinalDot && await IsTakenAllTheSameAsync(cancellationToken).ConfigureAwait(false);
        return reply.Code == 421
            ? throw Fail(new SessionFailure(SessionFailureKind.ServiceClosing, phase, "the server closes the session: " + reply, reply))
            : reply;
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        _canonicalRead < _canonical.WrittenCount ? new ValueTask<int>(TakeCanonical(buffer.Span)) : AwaitReplyAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        // While the message is due, what the client writes is its stand-in.
        while (buffer.Length > 0 && _due is null)
        {
            int end = buffer.Span.IndexOf((byte)'\n');
            int next = end < 0 ? buffer.Length : end + 1;
            _command.Write(buffer.Span[..next]);
            buffer = buffer[next..];
            if (end >= 0)
            {
                await WriteCommandAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override void Flush()
    {
        // Everything goes out with the next read: whoever writes commands waits for replies.
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only.");

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("Asynchronous only.");

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _inner.Dispose();
            _deadline.Dispose();
        }

        base.Dispose(disposing);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WriteCommandAsync(CancellationToken cancellationToken)
    {
        SmtpPhase phase = PhaseOf(_command.WrittenSpan);
        if (_outstanding.Count == 0)
        {
            await RefuseUnaskedAsync(phase, cancellationToken).ConfigureAwait(false);
        }

        if (phase is SmtpPhase.Mail or SmtpPhase.Rcpt)
        {
            WriteWithPath(_command.WrittenSpan);
        }
        else
        {
            _output.Write(_command.WrittenSpan);
        }

        _command.ResetWrittenCount();
        if (phase == SmtpPhase.FinalDot)
        {
            // The reply comes behind the octets that BDAT announces. RFC 3030 §2.
            _due = ContentForm.Chunk;
            return;
        }

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

    /// <summary>Sends what is to be sent, reads the reply to the oldest command, and hands it to the client.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<int> AwaitReplyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_due is { } form)
        {
            await SendContentAsync(form, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await FlushOutputAsync(cancellationToken).ConfigureAwait(false);
        }

        await TakeReplyAsync(cancellationToken).ConfigureAwait(false);
        return TakeCanonical(buffer.Span);
    }

    private int TakeCanonical(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, _canonical.WrittenCount - _canonicalRead);
        _canonical.WrittenSpan.Slice(_canonicalRead, count).CopyTo(buffer);
        _canonicalRead += count;
        if (_canonicalRead == _canonical.WrittenCount)
        {
            _canonical.ResetWrittenCount();
            _canonicalRead = 0;
        }

        return count;
    }

    /// <summary>Puts the next path into a MAIL or RCPT command.</summary>
    private void WriteWithPath(ReadOnlySpan<byte> command)
    {
        SmtpPath path = _paths[_nextPath++];
        _output.Write(command[..(command.IndexOf((byte)'<') + 1)]);
        Encoding.UTF8.GetBytes(path.Address, _output);
        command = command[command.IndexOf((byte)'>')..];
        _output.Write(command[..^2]);
        Encoding.ASCII.GetBytes(path.Parameters, _output);
        _output.Write("\r\n"u8);
    }

    /// <summary>Sends the message, and RSET behind it where that is to follow.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendContentAsync(ContentForm form, CancellationToken cancellationToken)
    {
        (_due, _awaitsAnswer) = (null, true);
        var blocks = new ContentBlocks(_content, form);
        bool isLast;
        do
        {
            isLast = blocks.WriteNext(_output);
            if (isLast && ResetFollows)
            {
                _output.Write("RSET\r\n"u8);
            }

            // What is there before the end of the message is no answer to it. RFC 5321 §4.1.1.4.
            await RefuseUnaskedAsync(SmtpPhase.Content, cancellationToken).ConfigureAwait(false);
            // From the end on the server may take the message even if nothing more is heard of it.
            MayHaveBeenAccepted = isLast;
            await SendOutputAsync(SmtpPhase.Content, cancellationToken).ConfigureAwait(false);
        }
        while (!isLast);
    }

    private ValueTask FlushOutputAsync(CancellationToken cancellationToken) => _output.WrittenCount == 0
        ? ValueTask.CompletedTask
        : SendOutputAsync(_outstanding.Count > 0 ? _outstanding.Peek() : SmtpPhase.Between, cancellationToken);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendOutputAsync(SmtpPhase phase, CancellationToken cancellationToken)
    {
        await SendAsync(phase, _output.WrittenMemory, cancellationToken).ConfigureAwait(false);
        _output.ResetWrittenCount();
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask SendAsync(SmtpPhase phase, ReadOnlyMemory<byte> octets, CancellationToken cancellationToken)
    {
        TimeSpan timeout = _options.TimeoutFor(phase);
        using Deadline.Step step = _deadline.Begin(timeout, cancellationToken);
        try
        {
            await _inner.WriteAsync(octets, _deadline.Token).ConfigureAwait(false);
            await _inner.FlushAsync(_deadline.Token).ConfigureAwait(false);
        }
        catch (Exception failure)
        {
            throw Translate(failure, phase, timeout, cancellationToken);
        }
    }

    /// <summary>Reads the reply to the oldest unanswered command, keeps it, and hands its canonical form on.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TakeReplyAsync(CancellationToken cancellationToken)
    {
        SmtpPhase phase = _awaitsAnswer ? SmtpPhase.FinalDot : _outstanding.TryPeek(out SmtpPhase oldest) ? oldest : SmtpPhase.Between;
        SmtpReply reply = await ReadReplyAsync(phase, cancellationToken).ConfigureAwait(false);
        if (phase == SmtpPhase.FinalDot && reply.Code is >= 300 and < 400)
        {
            // Neither taken nor refused: the answer itself may still come.
            MayHaveBeenAccepted = true;
            throw Fail(new SessionFailure(SessionFailureKind.ProtocolViolation, phase, "the server's reply is no answer to a message: " + reply));
        }

        _exchanges.Add(new SmtpExchange(phase, reply));
        if (_awaitsAnswer)
        {
            _awaitsAnswer = false;
        }
        else
        {
            _outstanding.TryDequeue(out _);
        }

        if (phase == SmtpPhase.Between && !reply.IsPositive)
        {
            _oddReply = reply;
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
            _due = ContentForm.Dotted;
        }

        if (phase == SmtpPhase.FinalDot && _confirms)
        {
            await ConfirmAsync(cancellationToken).ConfigureAwait(false);
        }

        HandCanonical(phase, reply);
    }

    /// <summary>Reads the answer to the RSET behind a message. It cannot be a refusal, unless it is the answer to something before it. RFC 5321 §4.1.1.5.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ConfirmAsync(CancellationToken cancellationToken)
    {
        KeepsStep = false;
        try
        {
            SmtpReply reply = ResetFollows
                ? await ReadReplyAsync(SmtpPhase.Between, cancellationToken).ConfigureAwait(false)
                : await ExchangeAsync(SmtpPhase.Between, "RSET", cancellationToken).ConfigureAwait(false);
            _oddReply = reply.IsPositive ? null : reply;
            KeepsStep = reply.IsPositive && IsQuiet;
            // That the message was not taken is confirmed only by QUIT, as a refusal too many would not show here.
            _isUnconfirmed = !KeepsStep || !_exchanges[^1].Reply.IsPositive;
        }
        catch (SmtpWireException failed) when (failed.Failure.Kind == SessionFailureKind.Timeout)
        {
            IgnoresReset = true;
            if (_isProven)
            {
                // It has answered RSET before: what was taken for the message's answer may be that of this one.
                _exchanges.RemoveAt(_exchanges.Count - 1);
                MayHaveBeenAccepted = true;
            }

            throw;
        }
    }

    /// <summary>Ends the session when something has arrived that no command asked for; 421, and the end of the connection, go by their own names.</summary>
    private ValueTask RefuseUnaskedAsync(SmtpPhase phase, CancellationToken cancellationToken) =>
        _replies.Poll() ? ThrowUnaskedAsync(phase, cancellationToken) : ValueTask.CompletedTask;

    private async ValueTask ThrowUnaskedAsync(SmtpPhase phase, CancellationToken cancellationToken)
    {
        NoteUnasked(await ReadReplyAsync(phase, cancellationToken).ConfigureAwait(false));
        for (int i = 0; i < Window && _replies.Poll(); i++)
        {
            NoteUnasked(await ReadReplyAsync(phase, cancellationToken).ConfigureAwait(false));
        }

        throw Fail(new SessionFailure(SessionFailureKind.ProtocolViolation, phase, "the server sent a reply that nothing had asked for: " + Unasked));
    }

    /// <summary>Notes a reply that nothing had asked for; a refusal says more than a consent.</summary>
    private void NoteUnasked(SmtpReply reply) => Unasked = Unasked is { IsPositive: false } refusal ? refusal : reply;

    /// <summary>Whether a server that answered the message with 421 goes on to say yes to something else than the RSET behind it, instead of farewell: then that is the answer to the message.</summary>
    private async ValueTask<bool> IsTakenAllTheSameAsync(CancellationToken cancellationToken)
    {
        using Deadline.Step step = _deadline.Begin(_options.QuitTimeout, cancellationToken);
        bool isTaken = false;
        try
        {
            await _inner.WriteAsync("QUIT\r\n"u8.ToArray(), _deadline.Token).ConfigureAwait(false);
            await _inner.FlushAsync(_deadline.Token).ConfigureAwait(false);
            isTaken = await _replies.ReadAsync().ConfigureAwait(false) is { IsPositive: true, Code: not 221 };
            return isTaken && (!ResetFollows || (await _replies.ReadAsync().ConfigureAwait(false)).Code != 221);
        }
        catch (OperationCanceledException)
        {
            // It does not close, as it said: its answer may still come.
            return true;
        }
        catch (Exception gone) when (gone is IOException or InvalidDataException or ObjectDisposedException or System.Net.Sockets.SocketException or InvalidOperationException)
        {
            // It closes, as it said.
            return isTaken;
        }
    }

    private void Hand(ReadOnlySpan<byte> text) => _canonical.Write(text);

    /// <summary>Hands the reply on in the few codes that the client tells apart: by first digit, as RFC 5321 §4.3.2 wants for codes unknown. RSET succeeds, as the client would hang up otherwise.</summary>
    private void HandCanonical(SmtpPhase phase, SmtpReply reply)
    {
        if (phase == SmtpPhase.FinalEhlo && reply.IsPositive)
        {
            for (int i = 0; i < reply.Lines.Count; i++)
            {
                Hand(i == reply.Lines.Count - 1 ? "250 "u8 : "250-"u8);
                Encoding.ASCII.GetBytes(reply.Lines[i], _canonical);
                Hand("\r\n"u8);
            }

            return;
        }

        Hand((phase, reply.Code / 100) switch
        {
            (SmtpPhase.Data, 3) => "354 go ahead\r\n"u8,
            (SmtpPhase.Between, _) => "250 ok\r\n"u8,
            (SmtpPhase.Data, 2) or (_, 3) or (_, 4) => "450 refused\r\n"u8,
            (_, 2) => "250 ok\r\n"u8,
            _ => "550 refused\r\n"u8,
        });
    }

    private static SmtpPhase PhaseOf(ReadOnlySpan<byte> command) => command switch
    {
        [(byte)'M', (byte)'A', (byte)'I', (byte)'L', ..] => SmtpPhase.Mail,
        [(byte)'R', (byte)'C', (byte)'P', (byte)'T', ..] => SmtpPhase.Rcpt,
        [(byte)'D', (byte)'A', (byte)'T', (byte)'A', ..] => SmtpPhase.Data,
        [(byte)'B', (byte)'D', (byte)'A', (byte)'T', ..] => SmtpPhase.FinalDot,
        [(byte)'E' or (byte)'H', (byte)'H' or (byte)'E', (byte)'L', (byte)'O', ..] => SmtpPhase.FinalEhlo,
        [(byte)'Q', (byte)'U', (byte)'I', (byte)'T', ..] => SmtpPhase.Quit,
        _ => SmtpPhase.Between,
    };

    private Exception Translate(Exception failure, SmtpPhase phase, TimeSpan timeout, CancellationToken cancellationToken) =>
        failure is SmtpWireException ? failure
        : cancellationToken.IsCancellationRequested ? new OperationCanceledException(cancellationToken)
        : _deadline.HasPassed ? Fail(new SessionFailure(SessionFailureKind.Timeout, phase, FormattableString.Invariant($"no answer within {timeout.TotalSeconds:0.#} s")))
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
