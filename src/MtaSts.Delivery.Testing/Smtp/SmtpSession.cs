using System.Collections.Immutable;
using System.Globalization;

namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>One session of an MX host. RFC 5321, with STARTTLS, PIPELINING, CHUNKING and SIZE.</summary>
internal sealed class SmtpSession(MxBehaviour behaviour, SmtpWire wire, MxJournal journal, SmtpTranscript transcript)
{
    private const int LargestMessage = 64 * 1024 * 1024;
    private readonly FaultPerformer _performer = new(wire);
    private ImmutableArray<string> _capabilities = [];
    private Envelope? _envelope;
    private bool _isOver;

    private bool IsTls => wire.Peer.IsTls;

    public async Task RunAsync(SmtpFault? atConnect)
    {
        try
        {
            if (atConnect is not null && await _performer.AnswerAsync(atConnect, SmtpPhase.Connect, "").ConfigureAwait(false) == PhaseOutcome.Ended)
            {
                return;
            }

            await AnswerAsync(SmtpPhase.Greeting, behaviour.Greeting + "\r\n").ConfigureAwait(false);
            while (!_isOver && await wire.ReadCommandAsync().ConfigureAwait(false) is { } command)
            {
                _performer.ClientMoved();
                await ObeyAsync(command).ConfigureAwait(false);
            }
        }
        finally
        {
            _performer.ClientMoved();
        }
    }

    private Task ObeyAsync(string command) => command.Split(' ', 2)[0].ToUpperInvariant() switch
    {
        "EHLO" => EhloAsync(),
        "HELO" => HeloAsync(),
        "STARTTLS" => StartTlsAsync(),
        "MAIL" => MailAsync(command),
        "RCPT" => RcptAsync(command),
        "DATA" => DataAsync(),
        "BDAT" => BdatAsync(command),
        "RSET" => RsetAsync(),
        "NOOP" => SayAsync("250 2.0.0 OK"),
        "VRFY" => SayAsync("252 2.5.2 Send some mail, I'll try my best"),
        "QUIT" => QuitAsync(),
        _ => SayAsync("500 5.5.2 Unknown command"),
    };

    private async Task EhloAsync()
    {
        _envelope = null;
        if (behaviour.IsHeloOnly)
        {
            await SayAsync("502 5.5.1 EHLO is not implemented").ConfigureAwait(false);
            return;
        }

        ImmutableArray<string> offered = IsTls ? behaviour.CapabilitiesAfterTls : behaviour.CapabilitiesBeforeTls;
        if (!IsTls && behaviour.OffersStartTls && !offered.Contains("STARTTLS"))
        {
            offered = offered.Add("STARTTLS");
        }

        if (behaviour.HasFaultAt(SmtpPhase.Data))
        {
            // A fault is there to be met: with CHUNKING there would be no DATA.
            offered = offered.Remove("CHUNKING");
        }

        string[] lines = [behaviour.Name, .. offered];
        string reply = string.Concat(lines.Select((line, i) => $"250{(i < lines.Length - 1 ? '-' : ' ')}{line}\r\n"));
        SmtpPhase phase = IsTls ? SmtpPhase.EhloAfterTls : SmtpPhase.Ehlo;
        if (await AnswerAsync(phase, reply).ConfigureAwait(false))
        {
            _capabilities = offered;
        }
    }

    private async Task HeloAsync()
    {
        _envelope = null;
        _capabilities = [];
        await AnswerAsync(SmtpPhase.Helo, $"250 {behaviour.Name}\r\n").ConfigureAwait(false);
    }

    private async Task StartTlsAsync()
    {
        if (IsTls || !behaviour.OffersStartTls)
        {
            await SayAsync(IsTls ? "503 5.5.1 TLS is active already" : "502 5.5.1 STARTTLS is not implemented").ConfigureAwait(false);
            return;
        }

        SmtpFault? fault = behaviour.NextFault(SmtpPhase.StartTls);
        string ready = $"220 2.0.0 Ready to start TLS\r\n{behaviour.Injected}";
        bool isAccepted = await AnswerAsync(fault, SmtpPhase.StartTls, ready).ConfigureAwait(false);

        // Only 220 starts TLS; a server that says 250 here has misunderstood, and stays in clear. RFC 3207 §4.
        if (isAccepted && fault?.Action is not FaultAction.Reply { Text: not ['2', '2', '0', ..] })
        {
            _envelope = null;
            _capabilities = [];
            _performer.ClientMoved();
            await wire.StartTlsAsync(behaviour.Tls).ConfigureAwait(false);
        }
    }

    private async Task MailAsync(string command)
    {
        if (behaviour.RequiresStartTls && !IsTls)
        {
            await SayAsync("530 5.7.0 Must issue a STARTTLS command first").ConfigureAwait(false);
        }
        else if (_envelope is not null)
        {
            await SayAsync("503 5.5.1 Nested MAIL command").ConfigureAwait(false);
        }
        else if (Envelope.TryParsePath(command) is not { } mail)
        {
            await SayAsync("501 5.5.4 MAIL FROM:<address>").ConfigureAwait(false);
        }
        else if (DeclaredSize(mail.Parameters) > SizeLimit())
        {
            await SayAsync("552 5.3.4 Message size exceeds fixed limit").ConfigureAwait(false);
        }
        else if (await AnswerAsync(SmtpPhase.Mail, "250 2.1.0 Sender OK\r\n").ConfigureAwait(false))
        {
            _envelope = new Envelope(mail.Path, mail.Parameters);
        }
    }

    private async Task RcptAsync(string command)
    {
        if (_envelope is null)
        {
            await SayAsync("503 5.5.1 Need MAIL first").ConfigureAwait(false);
        }
        else if (Envelope.TryParsePath(command) is not { } recipient)
        {
            await SayAsync("501 5.5.4 RCPT TO:<address>").ConfigureAwait(false);
        }
        else if (_envelope.Recipients.Count >= behaviour.MaxRecipients)
        {
            await SayAsync("452 4.5.3 Too many recipients").ConfigureAwait(false);
        }
        else
        {
            SmtpFault? fault = behaviour.NextFault(recipient.Path) ?? behaviour.NextFault(SmtpPhase.Rcpt);
            if (await AnswerAsync(fault, SmtpPhase.Rcpt, "250 2.1.5 Recipient OK\r\n").ConfigureAwait(false))
            {
                _envelope.Recipients.Add(recipient.Path);
                _envelope.RecipientParameters.Add(recipient.Parameters);
            }
        }
    }

    private async Task DataAsync()
    {
        if (_envelope is not { Recipients.Count: > 0 })
        {
            await SayAsync(_envelope is null ? "503 5.5.1 Need MAIL first" : "554 5.5.1 No valid recipients").ConfigureAwait(false);
        }
        else if (await AnswerAsync(SmtpPhase.Data, "354 End data with <CR><LF>.<CR><LF>\r\n").ConfigureAwait(false)
            && await ReadContentAsync(_envelope).ConfigureAwait(false))
        {
            await FinishAsync(_envelope).ConfigureAwait(false);
        }
    }

    private async Task<bool> ReadContentAsync(Envelope open)
    {
        while (await wire.PeekAsync().ConfigureAwait(false) is { IsEmpty: false } come)
        {
            _performer.ClientMoved();
            bool isComplete = open.Content.Add(Next(open, come).Span, out int taken);
            wire.Take(taken);
            if (!await BeginContentAsync(open).ConfigureAwait(false))
            {
                return false;
            }

            if (isComplete)
            {
                wire.NoteFromClient($"(message content, {open.Content.Length} octets)");
                return true;
            }
        }

        wire.NoteFromClient($"(message content cut off after {open.Content.Length} octets)");
        _isOver = true;
        return false;
    }

    // The first octet comes alone: what is to happen in the content happens at its beginning.
    private static ReadOnlyMemory<byte> Next(Envelope? open, ReadOnlyMemory<byte> come) => open is { HasContent: false } ? come[..1] : come;

    // Of most content there is nothing to say, and there may be much.
    private ValueTask<bool> BeginContentAsync(Envelope open) =>
        open.HasContent && open.Content.Length <= LargestMessage ? new ValueTask<bool>(!_isOver) : NoteContentAsync(open);

    private async ValueTask<bool> NoteContentAsync(Envelope open)
    {
        if (open.Content.Length > LargestMessage)
        {
            // Nobody means to send this much in a test; memory stays bounded.
            wire.Peer.Reset();
            _isOver = true;
        }
        else if (!open.HasContent)
        {
            open.HasContent = true;
            transcript.ReceivedContent = true;
            if (behaviour.NextFault(SmtpPhase.Content) is { } fault)
            {
                await AnswerAsync(fault, SmtpPhase.Content, "").ConfigureAwait(false);
            }
        }

        return !_isOver;
    }

    private async Task BdatAsync(string command)
    {
        string[] words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2 || !int.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out int size) || !_capabilities.Contains("CHUNKING"))
        {
            await SayAsync("502 5.5.1 BDAT is not possible here").ConfigureAwait(false);
            return;
        }

        // The chunk follows whatever the reply will be. RFC 3030 §2.
        Envelope? open = _envelope is { Recipients.Count: > 0 } ? _envelope : null;
        if (!await ReadChunkAsync(open, size).ConfigureAwait(false))
        {
            return;
        }

        if (open is null)
        {
            await SayAsync(_envelope is null ? "503 5.5.1 Need MAIL first" : "554 5.5.1 No valid recipients").ConfigureAwait(false);
        }
        else if (words.Length > 2 && words[2].Equals("LAST", StringComparison.OrdinalIgnoreCase))
        {
            await FinishAsync(open).ConfigureAwait(false);
        }
        else if (!await AnswerAsync(SmtpPhase.Data, $"250 2.0.0 {size} octets received\r\n").ConfigureAwait(false))
        {
            _envelope = null;
        }
    }

    private async Task<bool> ReadChunkAsync(Envelope? open, int size)
    {
        for (int left = size; left > 0;)
        {
            ReadOnlyMemory<byte> come = await wire.PeekAsync().ConfigureAwait(false);
            if (come.IsEmpty)
            {
                _isOver = true;
                return false;
            }

            come = Next(open, come[..Math.Min(come.Length, left)]);
            left -= come.Length;
            open?.Content.AddRaw(come.Span);
            wire.Take(come.Length);
            if (open is not null && !await BeginContentAsync(open).ConfigureAwait(false))
            {
                return false;
            }
        }

        wire.NoteFromClient($"(chunk, {size} octets)");
        return true;
    }

    private async Task FinishAsync(Envelope complete)
    {
        SmtpFault? fault = behaviour.NextFault(SmtpPhase.FinalDot);
        if (complete.Content.Length > SizeLimit())
        {
            fault ??= SmtpFault.Reply("552 5.3.4 Message size exceeds fixed limit");
        }

        // On record before the reply goes out: the client may look as soon as it has it.
        if (fault?.Action is null or FaultAction.Delay or FaultAction.Reply { Text: ['2', ..] } or FaultAction.Drip { Text: ['2', ..] })
        {
            journal.Messages.Add(Received(complete));
        }

        _envelope = null;
        await AnswerAsync(fault, SmtpPhase.FinalDot, "250 2.0.0 Message accepted\r\n").ConfigureAwait(false);
    }

    private async Task RsetAsync()
    {
        _envelope = null;
        await AnswerAsync(SmtpPhase.Reset, "250 2.0.0 Reset\r\n").ConfigureAwait(false);
    }

    private async Task QuitAsync()
    {
        await AnswerAsync(SmtpPhase.Quit, "221 2.0.0 Bye\r\n").ConfigureAwait(false);
        if (!_isOver)
        {
            _isOver = true;
            await wire.Peer.CloseAsync().ConfigureAwait(false);
        }
    }

    private Task SayAsync(string line) => wire.SayAsync(line + "\r\n");

    private Task<bool> AnswerAsync(SmtpPhase phase, string properReply) => AnswerAsync(behaviour.NextFault(phase), phase, properReply);

    private async Task<bool> AnswerAsync(SmtpFault? fault, SmtpPhase phase, string properReply)
    {
        PhaseOutcome outcome = await _performer.AnswerAsync(fault, phase, properReply).ConfigureAwait(false);
        _isOver |= outcome == PhaseOutcome.Ended;
        return outcome == PhaseOutcome.Accepted;
    }

    // SIZE without a number, or with zero, sets no fixed limit. RFC 1870 §4.
    private long SizeLimit() =>
        Number(_capabilities.FirstOrDefault(line => line.StartsWith("SIZE ", StringComparison.OrdinalIgnoreCase))) is > 0 and var limit ? limit : long.MaxValue;

    private static long DeclaredSize(IReadOnlyList<string> parameters) =>
        Number(parameters.FirstOrDefault(parameter => parameter.StartsWith("SIZE=", StringComparison.OrdinalIgnoreCase)));

    private static long Number(string? text) =>
        text is { Length: > 5 } && long.TryParse(text.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out long number) ? number : 0;

    private ReceivedMessage Received(Envelope complete) => new()
    {
        Host = behaviour.Name,
        Address = transcript.Address,
        ReversePath = complete.ReversePath,
        MailParameters = complete.Parameters,
        Recipients = [.. complete.Recipients],
        RecipientParameters = [.. complete.RecipientParameters],
        Content = complete.Content.ToArray(),
        IsTls = IsTls,
        Sni = transcript.Sni,
        Time = wire.Peer.Network.Clock.GetUtcNow(),
        Session = transcript,
    };
}
