using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Microsoft.Extensions.Logging;
using MimeKit.Utils;
using MtaSts.Delivery;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Sessions;

namespace CustomRelay;

/// <summary>One client's session. RFC 5321, RFC 3207, RFC 2920, RFC 3461, RFC 6531.</summary>
internal sealed class RelaySession(Socket socket, IPAddress client, RelayOptions options, IMailQueue queue, TimeProvider clock, ILogger logger) : IAsyncDisposable
{
    // RFC 5321 §4.5.3.1.4 asks for 512; addresses in UTF-8 and ORCPT need more.
    private const int MaxCommand = 2048;
    private const int MaxSlips = 20;

    private Stream _stream = new NetworkStream(socket, ownsSocket: false);
    private LineReader _lines = null!;
    private Transaction? _transaction;
    private string? _helo;
    private bool _isExtended;
    private bool _isTls;
    private int _slips;

    /// <summary>Speaks with the client until one of the two ends it.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        _lines = new LineReader(_stream, options.Patience);
        try
        {
            await SayAsync($"220 {options.HostName} ESMTP", cancellationToken);
            while (await StepAsync(cancellationToken))
            {
            }
        }
        catch (TimeoutException)
        {
            await SayAsync($"421 4.4.2 {options.HostName} Silent for too long", CancellationToken.None);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await SayAsync($"421 4.3.2 {options.HostName} Ends its service", CancellationToken.None);
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();

    /// <summary>Reads one command and answers it.</summary>
    /// <returns><see langword="false"/> when the session is over.</returns>
    private async Task<bool> StepAsync(CancellationToken cancellationToken)
    {
        (ReadOnlyMemory<byte> line, LineEnd end) = await _lines.ReadAsync(MaxCommand, cancellationToken);
        switch (end)
        {
            case LineEnd.Gone:
                return false;
            case LineEnd.Bare:
                // Nothing behind it can be trusted to be where it seems to be.
                await SayAsync(Reply.Bare, cancellationToken);
                return false;
            case LineEnd.TooLong:
                return await SlipAsync("500 5.5.2 The line is too long", cancellationToken);
        }

        if (Command.Read(line.Span) is not { } command)
        {
            return await SlipAsync("500 5.5.2 That is no text", cancellationToken);
        }

        switch (command.Verb)
        {
            case "EHLO" or "HELO" when command.Argument.Length == 0:
                return await SlipAsync("501 5.5.4 Say who you are", cancellationToken);
            case "EHLO":
                (_helo, _isExtended, _transaction) = (Field(command.Argument), true, null);
                string startTls = _isTls ? "" : "250-STARTTLS\r\n";
                return await SayAsync($"250-{options.HostName}\r\n250-PIPELINING\r\n{startTls}250-SIZE {options.MaxMessageSize}\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n250 ENHANCEDSTATUSCODES", cancellationToken);
            case "HELO":
                (_helo, _isExtended, _transaction) = (Field(command.Argument), false, null);
                return await SayAsync("250 " + options.HostName, cancellationToken);
            case "STARTTLS":
                return await StartTlsAsync(command, cancellationToken);
            case "MAIL":
                return await MailAsync(command, cancellationToken);
            case "RCPT":
                return _transaction is not { } open ? await SlipAsync("503 5.5.1 MAIL first", cancellationToken)
                    : PathArgument.Read("TO:", command.Argument, options.Domain, out string? fault) is { } rcpt ? await AnswerAsync(open.Add(rcpt, options.MaxRecipients), cancellationToken)
                    : await SlipAsync(fault!, cancellationToken);
            case "DATA":
                return await DataAsync(command, cancellationToken);
            case "RSET":
                _transaction = null;
                return await SayAsync(Reply.Ok, cancellationToken);
            case "NOOP":
                return await SayAsync(Reply.Ok, cancellationToken);
            case "VRFY":
                return await SayAsync("252 2.5.0 Send the mail, and you will see", cancellationToken);
            case "QUIT":
                await SayAsync($"221 2.0.0 {options.HostName} Goodbye", cancellationToken);
                return false;
            default:
                return await SlipAsync("500 5.5.1 That command is not known here", cancellationToken);
        }
    }

    private async Task<bool> MailAsync(Command command, CancellationToken cancellationToken)
    {
        if (_helo is null)
        {
            return await SlipAsync("503 5.5.1 EHLO first", cancellationToken);
        }

        if (_transaction is not null)
        {
            return await SlipAsync("503 5.5.1 There is a MAIL already; RSET ends it", cancellationToken);
        }

        if (PathArgument.Read("FROM:", command.Argument, null, out string? fault) is not { } mail)
        {
            return await SlipAsync(fault!, cancellationToken);
        }

        _transaction = Transaction.Begin(mail, options.MaxMessageSize, out string reply);
        return await AnswerAsync(reply, cancellationToken);
    }

    private async Task<bool> StartTlsAsync(Command command, CancellationToken cancellationToken)
    {
        if (_isTls || command.Argument.Length > 0)
        {
            return await SlipAsync(_isTls ? "503 5.5.1 TLS is on already" : "501 5.5.4 STARTTLS takes nothing behind it", cancellationToken);
        }

        if (_lines.HasMore)
        {
            // What came in clear text must not be read as if it had come under TLS. RFC 3207 §6.
            await SayAsync("554 5.5.1 Commands stand behind STARTTLS", cancellationToken);
            return false;
        }

        await SayAsync("220 2.0.0 Go ahead", cancellationToken);
        var tls = new SslStream(_stream);
        _stream = tls;
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(options.Patience);
        try
        {
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = options.Certificate, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 }, waiting.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        // All that was said before is forgotten. RFC 3207 §4.2.
        (_lines, _isTls, _helo, _transaction) = (new LineReader(tls, options.Patience), true, null, null);
        return true;
    }

    private async Task<bool> DataAsync(Command command, CancellationToken cancellationToken)
    {
        if (command.Argument.Length > 0 || _transaction is not { Count: > 0 } transaction)
        {
            return await SlipAsync(command.Argument.Length > 0 ? "501 5.5.4 DATA takes nothing behind it" : _transaction is null ? "503 5.5.1 MAIL first" : "554 5.5.1 There is no recipient", cancellationToken);
        }

        await SayAsync("354 Go ahead; a dot alone on a line ends the message", cancellationToken);
        var content = new Content(options.MaxMessageSize);
        while (true)
        {
            (ReadOnlyMemory<byte> line, LineEnd end) = await _lines.ReadAsync(Content.MaxLine + 1, cancellationToken);
            if (end == LineEnd.Gone)
            {
                return false;
            }

            if (end == LineEnd.Bare)
            {
                // The message ends where only one of two servers would see its end: none of it is taken, and nothing behind it is read.
                await SayAsync(Reply.Bare, cancellationToken);
                return false;
            }

            if (!content.Add(line.Span, end))
            {
                break;
            }
        }

        _transaction = null;
        return await SayAsync(content.Fault ?? await EnqueueAsync(transaction, content.Octets), cancellationToken);
    }

    /// <summary>Hands the message to the queue; the reply says 250 only when it is on the disk. RFC 5321 §6.1.</summary>
    /// <remarks>Not cancelled: whether the message was taken must be known.</remarks>
    private async Task<string> EnqueueAsync(Transaction transaction, ReadOnlyMemory<byte> octets)
    {
        byte[] traced = [.. Encoding.UTF8.GetBytes(Received(transaction)), .. octets.Span];
        try
        {
            QueueId id = await queue.EnqueueAsync(MessageContent.From(traced), transaction.Envelope, cancellationToken: CancellationToken.None);
            return $"250 2.0.0 Queued as {id}";
        }
        catch (ArgumentException unfit)
        {
            logger.LogInformation("A message was refused: {Reason}", unfit.Message);
            return "554 5.6.0 " + Field(unfit.Message);
        }
        catch (Exception failure) when (failure is QueueException or InvalidOperationException)
        {
            // The client keeps the message and comes again. What is wrong here is nothing that it must know.
            logger.LogError(failure, "The queue takes no mail");
            return "451 4.3.0 The message cannot be kept at present; try again later";
        }
    }

    /// <summary>The trace field. RFC 5321 §4.4, RFC 3848, RFC 6531 §4.3.</summary>
    private string Received(Transaction transaction) => string.Create(CultureInfo.InvariantCulture,
        $"Received: from {_helo} ([{(client.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6:" : "")}{client}])\r\n\tby {options.HostName} with {(transaction.IsInternational ? "UTF8SMTP" : _isExtended ? "ESMTP" : "SMTP")}{(_isTls && _isExtended ? "S" : "")};\r\n\t{DateUtils.FormatDate(clock.GetUtcNow())}\r\n");

    /// <summary>A word of the client's that goes into a field or a reply: printable ASCII on one line, and not too much of it.</summary>
    private static string Field(string text) => new([.. text.Take(255).Select(c => c is >= ' ' and <= '~' and not ('(' or ')' or ';') ? c : '?')]);

    private async Task<bool> SlipAsync(string reply, CancellationToken cancellationToken)
    {
        if (++_slips > MaxSlips)
        {
            await SayAsync($"421 4.7.0 {options.HostName} Too many slips", cancellationToken);
            return false;
        }

        return await SayAsync(reply, cancellationToken);
    }

    private Task<bool> AnswerAsync(string reply, CancellationToken cancellationToken) => reply[0] == '2' ? SayAsync(reply, cancellationToken) : SlipAsync(reply, cancellationToken);

    private async Task<bool> SayAsync(string reply, CancellationToken cancellationToken)
    {
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        waiting.CancelAfter(options.Patience);
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(reply + "\r\n"), waiting.Token);
        await _stream.FlushAsync(waiting.Token);
        return true;
    }
}
