using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Sessions;

/// <summary>From the replies of one transaction to what they mean for each recipient. RFC 5321 §4.2, RFC 2920 §3.1.</summary>
internal static class TransactionRules
{
    /// <summary>Reads the record of one transaction.</summary>
    /// <param name="exchanges">The replies, in the order of their commands.</param>
    /// <param name="recipients">How many recipients were named.</param>
    /// <param name="failure">What ended the session, or <see langword="null"/>.</param>
    /// <param name="mayHaveBeenAccepted">Whether the end of the message may have gone out unanswered.</param>
    /// <returns>One result for each recipient, in their order.</returns>
    public static Handover[] Read(IReadOnlyList<SmtpExchange> exchanges, int recipients, SessionFailure? failure, bool mayHaveBeenAccepted)
    {
        SmtpReply? mail = null, data = null, final = null;
        var rcpt = new List<SmtpReply>(recipients);
        foreach (SmtpExchange exchange in exchanges)
        {
            switch (exchange.Phase)
            {
                case SmtpPhase.Mail:
                    mail ??= exchange.Reply;
                    break;
                case SmtpPhase.Rcpt:
                    rcpt.Add(exchange.Reply);
                    break;
                case SmtpPhase.Data:
                    data ??= exchange.Reply;
                    break;
                case SmtpPhase.FinalDot:
                    final ??= exchange.Reply;
                    break;
            }
        }

        var results = new Handover[recipients];
        if (failure is { Kind: SessionFailureKind.ProtocolViolation or SessionFailureKind.Timeout } && final is null && !mayHaveBeenAccepted)
        {
            // Where one reply was too many, no reply at all or did not come, those before it may have been answers to other commands. RFC 2920 §3.1.
            Array.Fill(results, new Handover.Interrupted(failure, false));
            return results;
        }

        for (int i = 0; i < recipients; i++)
        {
            results[i] = mail is { IsPositive: false } ? new Handover.Refused(SmtpPhase.Mail, mail)
                : i < rcpt.Count && !rcpt[i].IsPositive ? new Handover.Refused(SmtpPhase.Rcpt, rcpt[i])
                : data is not null && data.Code / 100 != 3 ? new Handover.Refused(SmtpPhase.Data, data)
                : final is { IsPositive: true } ? new Handover.Accepted(final)
                : final is not null ? new Handover.Refused(SmtpPhase.FinalDot, final)
                : new Handover.Interrupted(failure, mayHaveBeenAccepted);
        }

        return results;
    }

    /// <summary>What the results of a session are worth: when a reply came that nothing had asked for, or that does not belong to its command, each may be the answer to something else.</summary>
    /// <remarks>Where no reply said no, it does not matter which belongs to what; where the message may have been taken, it may have been for any of them.</remarks>
    /// <param name="results">The results as the replies were read, in their order.</param>
    /// <param name="confirmed">Whose transactions were confirmed before.</param>
    /// <param name="unasked">The reply too many, or <see langword="null"/>.</param>
    /// <param name="failure">What ended the session, or <see langword="null"/>.</param>
    public static IReadOnlyDictionary<EnvelopeAddress, Handover> InDoubt(
        IReadOnlyDictionary<EnvelopeAddress, Handover> results, HashSet<EnvelopeAddress> confirmed, SmtpReply? unasked, SessionFailure? failure)
    {
        bool isSure = unasked is null
            ? failure is not { Kind: SessionFailureKind.ProtocolViolation, Phase: not SmtpPhase.Quit }
            : unasked.IsPositive && !results.Any(one => one.Value is Handover.Refused && !confirmed.Contains(one.Key));
        if (isSure)
        {
            return results;
        }

        bool mayBeTaken = results.Any(one => !confirmed.Contains(one.Key)
            && one.Value is Handover.Accepted or Handover.Refused { Phase: SmtpPhase.FinalDot } or Handover.Interrupted { MayHaveBeenDelivered: true });
        SessionFailure slipped = unasked is null ? failure! : new(SessionFailureKind.ProtocolViolation, SmtpPhase.FinalDot, "the server sent a reply too many, so none is certain: " + unasked);
        return results.ToDictionary(one => one.Key, one => one.Value switch
        {
            var certain when confirmed.Contains(one.Key) => certain,
            Handover.Accepted or Handover.Refused => new Handover.Interrupted(slipped, mayBeTaken),
            var other => other,
        });
    }

    /// <summary>Whether a kept session turned out to be dead: it ended before the server had said anything about the message, or could have taken it.</summary>
    public static bool HadGone(IEnumerable<Handover> results)
    {
        bool ended = false;
        foreach (Handover result in results)
        {
            if (result is Handover.Interrupted { Failure: not null, MayHaveBeenDelivered: false })
            {
                ended = true;
            }
            else if (result is not Handover.NotOffered)
            {
                return false;
            }
        }

        return ended;
    }

    /// <summary>Whether the session ended with the message taken for nobody, so that it can be offered again without a duplicate.</summary>
    public static bool BrokeOff(IReadOnlyCollection<Handover> results) =>
        results.Any(result => result is Handover.Interrupted { Failure: not null }) && !results.Any(result => result is Handover.Accepted or Handover.Interrupted { MayHaveBeenDelivered: true });

    /// <summary>How many recipients the server has taken in a transaction in which it called others too many; <see langword="null"/> when it has shown no limit. RFC 5321 §4.5.3.1.10.</summary>
    public static int? ShownLimit(IReadOnlyList<SmtpExchange> exchanges)
    {
        int taken = 0;
        bool isLimit = false;
        foreach (SmtpExchange exchange in exchanges)
        {
            if (exchange.Phase == SmtpPhase.Rcpt)
            {
                taken += exchange.Reply.IsPositive ? 1 : 0;
                isLimit |= IsTooMany(exchange.Reply);
            }
        }

        return isLimit && taken > 0 ? taken : null;
    }

    /// <summary>Whether the server has answered for some recipients and then takes no further transaction in this session, as its LIMITS say or as it shows: the others follow in another. RFC 9422 §4.1.</summary>
    public static bool GoesOnAfresh(IReadOnlyCollection<Handover> results) =>
        results.Any(result => result is Handover.Accepted or Handover.Refused) && results.Any(IsLeftOver);

    /// <summary>Whether the session ended before the recipient's turn.</summary>
    public static bool IsLeftOver(Handover result) => result is Handover.Interrupted { Failure.Kind: SessionFailureKind.SessionEnded };

    /// <summary>Why the server wants to be left alone for a while, or <see langword="null"/>: it did not answer, closes, or said 421 or 451 before any recipient. RFC 5321 §4.5.4.1.</summary>
    public static string? SlowDown(IEnumerable<Handover> results)
    {
        foreach (Handover result in results)
        {
            switch (result)
            {
                case Handover.Interrupted { Failure: { } failure } when BackOff.IsCalledFor(failure):
                    return failure.Detail;
                case Handover.Refused { Phase: SmtpPhase.Mail, Reply: { Code: 421 or 451 } reply }:
                    return "the server answered MAIL with " + reply;
            }
        }

        return null;
    }

    /// <summary>Whether a recipient was only one too many for this transaction, and belongs into the next. RFC 5321 §4.5.3.1.10.</summary>
    public static bool IsTooMany(Handover result) => result is Handover.Refused { Phase: SmtpPhase.Rcpt, Reply: var reply } && IsTooMany(reply);

    private static bool IsTooMany(SmtpReply reply) => reply.Code is 452 or 552 && reply.Enhanced is null or { Subject: 5, Detail: 3 };
}
