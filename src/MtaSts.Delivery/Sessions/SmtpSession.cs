using System.Net;
using System.Runtime.CompilerServices;
using MailKit;
using MailKit.Net.Smtp;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Sessions;

/// <summary>One SMTP session over MailKit, with what its connection showed about TLS.</summary>
internal sealed class SmtpSession(SmtpWire wire, MxCandidate candidate, IPEndPoint remote, IPEndPoint? local, TlsObservation observation, string ehloName, bool chunking = true) : IAsyncDisposable
{
    private readonly MailKitClient _client = new(ehloName);
    private readonly HashSet<DomainName> _countedFor = [];
    private bool _started;
    private bool _isProven;
    private bool _isEnding;
    private bool _hasLeft;

    public TlsObservation Observation { get; } = observation;

    public IPEndPoint Remote { get; } = remote;

    public IPEndPoint? Local { get; } = local;

    /// <summary>The host whose session it is.</summary>
    public HostKey Host { get; } = HostKey.Of(candidate);

    /// <summary>When it was opened, as a timestamp of the clock.</summary>
    public long OpenedAt { get; init; }

    /// <summary>Since when it waits for a message, as a timestamp of the clock: its pool's note.</summary>
    public long KeptSince { get; set; }

    /// <summary>Where it stands among the sessions that wait: its pool's note.</summary>
    public LinkedListNode<SmtpSession>? Place { get; set; }

    /// <summary>The name that the server gave itself before TLS. RFC 5321 §4.1.1.1.</summary>
    public string? ServerName { get; init; }

    /// <summary>How many transactions went over the session, or were tried to.</summary>
    public int Transactions { get; private set; }

    /// <summary>What the server says of its limits.</summary>
    public ServerLimits Limits { get; private set; } = ServerLimits.None;

    /// <summary>Whether the server takes the sender's wishes for notices. RFC 3461 §4.</summary>
    public bool KnowsDsn => _client.Capabilities.HasFlag(SmtpCapabilities.Dsn);

    /// <summary>How many recipients the server has shown to take in one transaction; <see langword="null"/> while it has shown no limit.</summary>
    public int? ShownLimit { get; private set; }

    /// <summary>Whether a further transaction may follow.</summary>
    public bool IsUsable => wire.Failure is null && wire.KeepsStep && _client.IsConnected && !_hasLeft;

    /// <summary>Whether the session may wait for another message: nothing went wrong on it, and the server's replies are known to keep step with the commands.</summary>
    public bool IsReusable => IsUsable && _isProven && !_isEnding && wire.Unasked is null;

    /// <summary>Whether the server does without RSET, so that its sessions are better not kept.</summary>
    public bool IgnoresReset => wire.IgnoresReset;

    /// <summary>Whether the server is still there and has said nothing since the last message. Never waits.</summary>
    public bool IsAlive => IsUsable && wire.IsQuiet;

    /// <summary>Whether the session is seen by this policy domain for the first time: reports count sessions, not messages. RFC 8460 §4.2.</summary>
    public bool IsFirstFor(DomainName domain) => _countedFor.Add(domain);

    /// <summary>Says EHLO on the connection that mail will be handed over on, once; capabilities seen before TLS are not known to it. RFC 3207 §4.2.</summary>
    /// <returns>What went wrong, or <see langword="null"/>.</returns>
    public async ValueTask<SessionFailure?> StartAsync(CancellationToken cancellationToken)
    {
        if (_started)
        {
            return null;
        }

        try
        {
            _started = true;
            await _client.StartAsync(wire, candidate.Host?.Value ?? "literal", candidate.Port, cancellationToken).ConfigureAwait(false);
            Limits = ServerLimits.From(wire.Exchanges[^1].Reply.Lines);
            wire.Pipelines = _client.Capabilities.HasFlag(SmtpCapabilities.Pipelining);
            return null;
        }
        catch (SmtpCommandException)
        {
            SmtpReply reply = wire.Exchanges[^1].Reply;
            return new SessionFailure(SessionFailureKind.Refused, SmtpPhase.FinalEhlo, "the server refused EHLO and HELO: " + reply, reply);
        }
        catch (Exception failure) when (IsBroken(failure))
        {
            cancellationToken.ThrowIfCancellationRequested();
            return wire.Failure ?? Lost(SmtpPhase.FinalEhlo, failure);
        }
    }

    /// <summary>Hands the message over for some recipients, in as many transactions as it takes. Unless the session is to be kept it then takes leave.</summary>
    /// <remarks>Each answer is confirmed by what the server says behind it: that somebody's message was taken, by its answer to RSET, which cannot be a
    /// refusal; that it was not, by its answer to QUIT, which is like no other, as a refusal too many would not show as the answer to RSET.</remarks>
    /// <returns>One result for each recipient. The caller's cancellation shows as <see cref="Handover.Interrupted"/> without a failure.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<IReadOnlyDictionary<EnvelopeAddress, Handover>> SendAsync(
        MessageContent content, EnvelopeAddress? sender, IReadOnlyList<EnvelopeAddress> recipients, int perTransaction, bool keep, CancellationToken cancellationToken,
        DsnWishes? dsn = null)
    {
        dsn = KnowsDsn ? dsn : null;
        var results = new Dictionary<EnvelopeAddress, Handover>(recipients.Count);
        List<EnvelopeAddress> pending = new(recipients.Count);
        foreach (EnvelopeAddress recipient in recipients)
        {
            if (NotOffered(content, sender, recipient) is { } refusal)
            {
                results[recipient] = refusal;
            }
            else
            {
                pending.Add(recipient);
            }
        }

        perTransaction = Math.Min(perTransaction, Limits.Recipients ?? int.MaxValue);
        MessageContent sent = content.HasEightBitBody && !_client.Capabilities.HasFlag(SmtpCapabilities.EightBitMime) ? content.SevenBit! : content;
        // So many of those pending are not in doubt any more, whatever comes: once nobody's message was taken nothing is confirmed but by QUIT.
        int confirmed = 0;
        for (int next = 0; next < pending.Count;)
        {
            if (!IsUsable || Transactions >= (Limits.Transactions ?? int.MaxValue))
            {
                var left = new Handover.Interrupted(cancellationToken.IsCancellationRequested ? null : WhyNoMore(), false);
                pending.Skip(next).ToList().ForEach(recipient => results[recipient] = left);
                _isEnding = true;
                break;
            }

            List<EnvelopeAddress> batch = pending.GetRange(next, Math.Min(perTransaction, pending.Count - next));
            bool confirms = !_isEnding && (keep || next + batch.Count < pending.Count);
            Handover[] handovers = await TransactAsync(sent, sender, batch, dsn, confirms, cancellationToken).ConfigureAwait(false);
            bool progress = Array.Exists(handovers, handover => handover is Handover.Accepted);
            bool isConfirmed = progress && confirms && IsUsable;
            ShownLimit = TransactionRules.ShownLimit(wire.Exchanges) ?? ShownLimit;
            perTransaction = Math.Min(perTransaction, ShownLimit ?? int.MaxValue);
            for (int i = 0; i < batch.Count; i++)
            {
                if (progress && TransactionRules.IsTooMany(handovers[i]))
                {
                    pending.Add(batch[i]);
                }
                else
                {
                    results[batch[i]] = handovers[i];
                }
            }

            _isProven |= isConfirmed;
            _isEnding |= !progress;
            next += batch.Count;
            confirmed = isConfirmed ? next : confirmed;
        }

        if (!keep || !IsReusable)
        {
            await QuitAsync(cancellationToken).ConfigureAwait(false);
        }

        return wire.Unasked is null && wire.Failure is null
            ? results
            : TransactionRules.InDoubt(results, [.. pending.Take(confirmed).Except(pending.Skip(confirmed))], wire.Unasked, wire.Failure);
    }

    /// <summary>Takes leave and closes; whatever happens here changes nothing any more. RFC 5321 §4.1.1.10.</summary>
    public async Task QuitAsync(CancellationToken cancellationToken)
    {
        // After a failed or tampered-with start of TLS the connection carries nothing that may be spoken to.
        if (_hasLeft || Observation.Step is StartTlsStep.HandshakeFailed or StartTlsStep.Injected)
        {
            return;
        }

        _hasLeft = true;

        await QuitAsync(wire, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc cref="QuitAsync(CancellationToken)"/>
    public static async Task QuitAsync(SmtpWire wire, CancellationToken cancellationToken)
    {
        // Cut off in the middle, what comes next is no answer to QUIT.
        if (wire.Failure is not null || cancellationToken.IsCancellationRequested)
        {
            return;
        }

        try
        {
            await wire.QuitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is SmtpWireException or OperationCanceledException)
        {
            // Only a courtesy.
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_started)
        {
            _client.Dispose();
        }

        await wire.DisposeAsync().ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<Handover[]> TransactAsync(
        MessageContent content, EnvelopeAddress? sender, List<EnvelopeAddress> batch, DsnWishes? dsn, bool confirms, CancellationToken cancellationToken)
    {
        bool smtpUtf8 = content.HasEightBitHeader || sender is { NeedsSmtpUtf8: true } || batch.Exists(recipient => recipient.NeedsSmtpUtf8);
        var paths = new SmtpPath[1 + batch.Count];
        paths[0] = new SmtpPath(sender?.ToString() ?? "", dsn?.ForMail() ?? "");
        for (int i = 0; i < batch.Count; i++)
        {
            paths[i + 1] = new SmtpPath(batch[i].ToString(), dsn?.ForRcpt(batch[i]) ?? "");
        }

        Transactions++;
        // A single recipient has nobody to change places with: several go by DATA, whose own reply shows that the replies before it keep step.
        _client.UsesChunks = chunking && _isProven && batch.Count == 1;
        wire.BeginTransaction(paths, content.Octets, confirms, _isProven);
        SessionFailure? failure = null;
        try
        {
            await _client.TransactAsync(content, batch.Count, smtpUtf8, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The caller is told what is known by now.
        }
        catch (Exception broken) when (IsBroken(broken))
        {
            failure = wire.Failure ?? (cancellationToken.IsCancellationRequested ? null : Lost(SmtpPhase.Between, broken));
        }
        finally
        {
            wire.EndTransaction();
        }

        // A failure in the RSET after a refusal shows, too, whether the replies belonged to their commands.
        return TransactionRules.Read(wire.Exchanges, batch.Count, failure ?? wire.Failure, wire.MayHaveBeenAccepted);
    }

    /// <summary>What the server lacks for this message and recipient, seen before MAIL. RFC 1870 §6, RFC 6531 §3.2, RFC 6152.</summary>
    private Handover.NotOffered? NotOffered(MessageContent content, EnvelopeAddress? sender, EnvelopeAddress recipient)
    {
        SmtpCapabilities offered = _client.Capabilities;
        if (content.HasEightBitHeader || sender is { NeedsSmtpUtf8: true } || recipient.NeedsSmtpUtf8)
        {
            if (!offered.HasFlag(SmtpCapabilities.UTF8) || !offered.HasFlag(SmtpCapabilities.EightBitMime))
            {
                return new Handover.NotOffered(LocalRefusal.SmtpUtf8Missing, "the server does not offer SMTPUTF8, which this address or message needs");
            }
        }

        if (content.HasEightBitBody && !offered.HasFlag(SmtpCapabilities.EightBitMime) && content.SevenBit is null)
        {
            return new Handover.NotOffered(LocalRefusal.EightBitMimeMissing, "the server does not offer 8BITMIME, and " + (content.IsSigned
                ? "the message is signed, so its 8-bit text cannot be encoded anew"
                : "the message has octets above 127 that no encoding reaches: outside its parts, in the header of one, or in one that is signed or calls itself encoded"));
        }

        return _client.MaxSize is > 0 and var limit && content.Octets.Length > limit
            ? new Handover.NotOffered(LocalRefusal.TooLargeForServer, FormattableString.Invariant($"the message has {content.Octets.Length} octets, the server takes at most {limit}"))
            : null;
    }

    // MailKit wraps what the wire throws, or throws its own when it finds the connection unusable.
    private static bool IsBroken(Exception failure) => failure is IOException or ProtocolException or ServiceNotConnectedException or OperationCanceledException
        or ObjectDisposedException or NotSupportedException or CommandException;

    private static SessionFailure Lost(SmtpPhase phase, Exception failure) => new(SessionFailureKind.ConnectionLost, phase, "the session broke off: " + PrintableText.Of(failure.Message));

    /// <summary>Why those whose turn has not come follow in another session, or do not.</summary>
    private SessionFailure WhyNoMore() => wire.Failure switch
    {
        { Phase: not SmtpPhase.Between } failure => failure,
        { } failure => Ended("the session ended behind a message: " + failure.Detail),
        null when IsUsable => Ended("the server takes no more messages in one session, as it says itself"),
        null => Ended("the server does not say for certain that it is ready for another message"),
    };

    private static SessionFailure Ended(string detail) => new(SessionFailureKind.SessionEnded, SmtpPhase.Between, detail);
}
