using System.Buffers;
using System.Buffers.Text;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>One client at a sink. Replies to all commands that have come go out together. RFC 5321, RFC 2920, RFC 3030.</summary>
internal sealed class SinkSession(SmtpSink sink, Socket socket) : IAsyncDisposable
{
    private const int HeadSize = 1024;
    private static readonly TimeSpan Late = TimeSpan.FromMilliseconds(40);

    private readonly ISessionFaults? _faults = sink.Faults?.Begin();
    private readonly byte[] _head = ArrayPool<byte>.Shared.Rent(HeadSize);
    private readonly List<string> _recipients = [];
    private readonly byte[] _input = ArrayPool<byte>.Shared.Rent(32 * 1024);
    private byte[] _output = ArrayPool<byte>.Shared.Rent(4096);
    private Stream _stream = new NetworkStream(socket, ownsSocket: true);
    private ArrayBufferWriter<byte>? _content;
    private SinkFault _fault;
    private int _begin;
    private int _end;
    private int _said;
    private int _headLength;
    private int _accepted;
    private long _octets;
    private long _chunk;
    private bool _isLastChunk;
    private bool _inTransaction;
    private bool _inChunks;
    private bool _isBegun;
    private bool _needsMore;
    private bool _isProtected;
    private State _state;

    private enum State
    {
        Command,
        Content,
        Chunk,
        StartTls,
        Closing,
    }

    public async Task RunAsync()
    {
        try
        {
            socket.NoDelay = true;
            Say("220 mx.load.example ESMTP\r\n"u8, SinkPoint.Connect);
            while (_state != State.Closing)
            {
                // With faults each reply goes out by itself, so that the connection may end between any two.
                while (!Pending() && TakeStep())
                {
                }

                if (!await FlushAsync())
                {
                    break;
                }

                if (_state == State.StartTls)
                {
                    if (!await StartTlsAsync())
                    {
                        break;
                    }
                }
                else if (_state != State.Closing && NeedsMore() && !await FillAsync())
                {
                    break;
                }
            }

            if (_state is State.Content or State.Chunk && _faults is null)
            {
                sink.Fault();
            }
        }
        catch (Exception gone) when (gone is IOException or AuthenticationException or ObjectDisposedException or SocketException or InvalidOperationException)
        {
            // The client left, or did not like the certificate.
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stream.DisposeAsync();
        ArrayPool<byte>.Shared.Return(_input);
        ArrayPool<byte>.Shared.Return(_output);
        ArrayPool<byte>.Shared.Return(_head);
    }

    private bool Pending() => _state is State.Closing or State.StartTls || (_faults is not null && (_said > 0 || _fault != SinkFault.None));

    private bool NeedsMore() => _faults is null || _begin == _end || _needsMore;

    /// <summary>Does the next thing that the octets at hand allow.</summary>
    /// <returns><see langword="false"/> when more octets are needed.</returns>
    private bool TakeStep()
    {
        bool done = _state switch
        {
            State.Content => TakeContent(),
            State.Chunk => TakeChunk(),
            _ => TakeCommand(),
        };
        _needsMore = !done;
        return done;
    }

    private bool TakeCommand()
    {
        ReadOnlySpan<byte> left = _input.AsSpan(_begin, _end - _begin);
        int end = left.IndexOf((byte)'\n');
        if (end < 0)
        {
            return false;
        }

        ReadOnlySpan<byte> line = left[..(end + 1)].TrimEnd("\r\n"u8);
        _begin += end + 1;
        if (Is(line, "MAIL FROM:"u8))
        {
            _accepted = 0;
            _inChunks = false;
            _recipients.Clear();
            _inTransaction = Say("250 2.1.0 go on\r\n"u8, SinkPoint.Mail);
        }
        else if (Is(line, "RCPT TO:"u8))
        {
            if (!_inTransaction)
            {
                // Sent together with a MAIL that was refused.
                Write("503 5.5.1 no sender\r\n"u8);
            }
            else if (Say("250 2.1.5 go on\r\n"u8, SinkPoint.Rcpt))
            {
                _accepted++;
                if (_faults is not null)
                {
                    _recipients.Add(Encoding.UTF8.GetString(line[(line.IndexOf((byte)'<') + 1)..line.LastIndexOf((byte)'>')]));
                }
            }
        }
        else if (Is(line, "DATA"u8))
        {
            if (_accepted == 0)
            {
                Write("503 5.5.1 no recipients\r\n"u8);
            }
            else if (Say("354 go on\r\n"u8, SinkPoint.Data))
            {
                BeginContent(State.Content);
            }
        }
        else if (Is(line, "BDAT "u8))
        {
            TakeBdat(line[5..]);
        }
        else if (Is(line, "EHLO "u8) || Is(line, "HELO "u8))
        {
            bool offers = !_isProtected && (_faults?.OffersStartTls ?? true);
            Say(offers
                ? "250-mx.load.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-STARTTLS\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n"u8
                : "250-mx.load.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 CHUNKING\r\n"u8,
                _isProtected ? SinkPoint.ProtectedEhlo : SinkPoint.Ehlo);
        }
        else if (Is(line, "STARTTLS"u8) && !_isProtected)
        {
            if (Say("220 2.0.0 go on\r\n"u8, SinkPoint.StartTls))
            {
                _state = State.StartTls;
            }
        }
        else if (Is(line, "RSET"u8) || Is(line, "NOOP"u8))
        {
            _accepted = 0;
            _inChunks = _inTransaction = false;
            _recipients.Clear();
            Say("250 2.0.0 done\r\n"u8, SinkPoint.Reset);
        }
        else if (Is(line, "QUIT"u8))
        {
            Say("221 2.0.0 bye\r\n"u8, SinkPoint.Quit);
            _state = State.Closing;
        }
        else
        {
            sink.Fault();
            Write("500 5.5.2 unknown\r\n"u8);
        }

        return true;
    }

    private void TakeBdat(ReadOnlySpan<byte> argument)
    {
        if (!Utf8Parser.TryParse(argument, out long size, out int length) || size < 0)
        {
            sink.Fault();
            Write("501 5.5.4 how many octets?\r\n"u8);
            _state = State.Closing;
            return;
        }

        if (!_inChunks)
        {
            BeginContent(State.Chunk);
        }

        _state = State.Chunk;
        _chunk = size;
        _isLastChunk = Is(argument[length..].TrimStart((byte)' '), "LAST"u8);
        _inChunks = true;
    }

    private void BeginContent(State state)
    {
        _state = state;
        _isBegun = false;
        _headLength = 0;
        _octets = 0;
        if (sink.Verify)
        {
            (_content ??= new ArrayBufferWriter<byte>(16 * 1024)).ResetWrittenCount();
        }
    }

    private bool TakeChunk()
    {
        int part = (int)Math.Min(_chunk, _end - _begin);
        if (part == 0 && _chunk > 0)
        {
            return false;
        }

        if (IsCutOff(part))
        {
            return true;
        }

        Keep(part);
        _chunk -= part;
        if (_chunk > 0)
        {
            return false;
        }

        _state = State.Command;
        if (!_isLastChunk)
        {
            Say(_accepted > 0 ? "250 2.0.0 chunk taken\r\n"u8 : "503 5.5.1 no recipients\r\n"u8, SinkPoint.Chunk);
            return true;
        }

        _inChunks = false;
        if (_accepted > 0)
        {
            Complete(isStuffed: false);
        }
        else
        {
            Write("503 5.5.1 no recipients\r\n"u8);
        }

        return true;
    }

    private bool TakeContent()
    {
        ReadOnlySpan<byte> left = _input.AsSpan(_begin, _end - _begin);
        if (_octets == 0 && left.StartsWith(".\r\n"u8))
        {
            Keep(3);
            _state = State.Command;
            Complete(isStuffed: true);
            return true;
        }

        if (IsCutOff(left.Length))
        {
            return true;
        }

        int end = left.IndexOf("\r\n.\r\n"u8);
        if (end < 0)
        {
            // The end may have begun.
            if (left.Length > 4)
            {
                Keep(left.Length - 4);
            }

            return false;
        }

        Keep(end + 5);
        _state = State.Command;
        Complete(isStuffed: true);
        return true;
    }

    /// <summary>Whether the connection is to end within the message: asked once, when its first octets have come.</summary>
    private bool IsCutOff(int arrived)
    {
        if (_faults is null || _isBegun || arrived == 0)
        {
            return false;
        }

        _isBegun = true;
        _fault = _faults.At(SinkPoint.Content);
        return _fault != SinkFault.None;
    }

    private void Keep(int count)
    {
        ReadOnlySpan<byte> part = _input.AsSpan(_begin, count);
        if (_headLength < HeadSize)
        {
            int taken = Math.Min(count, HeadSize - _headLength);
            part[..taken].CopyTo(_head.AsSpan(_headLength));
            _headLength += taken;
        }

        if (_content is not null)
        {
            _content.Write(part);
        }

        _octets += count;
        _begin += count;
    }

    private void Complete(bool isStuffed)
    {
        long id = MessageIds.Find(_head.AsSpan(0, _headLength));
        bool isIntact = _content is null || MessageDigests.Agrees(_content.WrittenSpan, isStuffed);
        bool isTaken = Say("250 2.0.0 taken\r\n"u8, SinkPoint.FinalDot);
        if (isTaken || _fault == SinkFault.DropAccepted)
        {
            _faults?.Accepted(id, [.. _recipients], isIntact);
            sink.Accept(id, _accepted, _octets, isIntact);
        }

        _accepted = 0;
        _inTransaction = false;
        _recipients.Clear();
    }

    /// <summary>Says what is due at a point, or what the fault there says.</summary>
    /// <returns>Whether what is due was said.</returns>
    private bool Say(ReadOnlySpan<byte> reply, SinkPoint point)
    {
        _fault = _faults?.At(point) ?? SinkFault.None;
        switch (_fault)
        {
            case SinkFault.Closing:
                Write("421 4.3.2 closing\r\n"u8);
                _state = State.Closing;
                return false;
            case SinkFault.Temporary:
                Write("450 4.2.0 not now\r\n"u8);
                return false;
            case SinkFault.Permanent:
                Write("550 5.1.1 never\r\n"u8);
                return false;
            case SinkFault.DropBefore or SinkFault.DropAccepted or SinkFault.Stall:
                return false;
            default:
                Write(reply);
                return true;
        }
    }

    private void Write(ReadOnlySpan<byte> reply)
    {
        if (_said + reply.Length > _output.Length)
        {
            byte[] longer = ArrayPool<byte>.Shared.Rent(2 * _output.Length);
            _output.AsSpan(0, _said).CopyTo(longer);
            ArrayPool<byte>.Shared.Return(_output);
            _output = longer;
        }

        reply.CopyTo(_output.AsSpan(_said));
        _said += reply.Length;
    }

    /// <summary>Sends what was said, as the fault has it.</summary>
    /// <returns><see langword="false"/> when the connection is to end.</returns>
    private async ValueTask<bool> FlushAsync()
    {
        SinkFault fault = _fault;
        _fault = SinkFault.None;
        switch (fault)
        {
            case SinkFault.DropBefore or SinkFault.DropAccepted:
                return false;
            case SinkFault.Stall:
                // Until the client is tired of it.
                do
                {
                    (_begin, _end) = (0, 0);
                }
                while (await FillAsync());
                return false;
            case SinkFault.Slow:
                await Task.Delay(Late);
                break;
        }

        if (_said > 0)
        {
            int count = _said;
            _said = 0;
            await _stream.WriteAsync(_output.AsMemory(0, count));
        }

        return fault != SinkFault.DropAfter;
    }

    private async ValueTask<bool> FillAsync()
    {
        if (_begin > 0)
        {
            _input.AsSpan(_begin, _end - _begin).CopyTo(_input);
            (_begin, _end) = (0, _end - _begin);
        }

        int read = _end == _input.Length ? 0 : await _stream.ReadAsync(_input.AsMemory(_end));
        _end += read;
        return read > 0;
    }

    private async Task<bool> StartTlsAsync()
    {
        if (_begin != _end)
        {
            // Clear text behind STARTTLS must not be read as protected. RFC 3207 §6.
            sink.Fault();
            return false;
        }

        if (_faults?.At(SinkPoint.Handshake) is SinkFault.DropBefore or SinkFault.DropAccepted or SinkFault.DropAfter)
        {
            return false;
        }

        var tls = new SslStream(_stream, leaveInnerStreamOpen: false);
        _stream = tls;
        await tls.AuthenticateAsServerAsync(
            (_, hello, state, _) => ValueTask.FromResult(new SslServerAuthenticationOptions
            {
                EnabledSslProtocols = SslProtocols.Tls13,
                ServerCertificateContext = ((SinkSession)state!).Certificate(hello.ServerName),
            }),
            this);
        sink.Shaken();
        _isProtected = true;
        _accepted = 0;
        _inTransaction = false;
        _state = State.Command;
        return true;
    }

    private SslStreamCertificateContext Certificate(string name) => _faults?.Certificate() ?? sink.CertificateFor(name);

    private static bool Is(ReadOnlySpan<byte> line, ReadOnlySpan<byte> command) =>
        line.Length >= command.Length && Ascii.EqualsIgnoreCase(line[..command.Length], command);
}
