using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Outcomes;

/// <summary>From attempts to exactly one outcome for a recipient.</summary>
internal static class OutcomeRules
{
    /// <summary>The least that RFC 5321 §4.5.4.1 wants between two tries.</summary>
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMinutes(30);

    /// <summary>The outcome where there was no attempt.</summary>
    public static RecipientOutcome WithoutAttempt(EnvelopeAddress recipient, FailureCode code, string detail) =>
        Compose(recipient, new Cause(code, null, null, detail), OutcomeText.Sentence(detail, recipient.DomainText));

    /// <summary>The outcome of at least one attempt.</summary>
    /// <remarks>An answer to this very recipient decides. Otherwise the mail failed for good only if it did with every host:
    /// a refusal by policy is always temporary (RFC 8461 §5), and it is named before other troubles, as somebody must act on it.</remarks>
    public static RecipientOutcome Fold(EnvelopeAddress recipient, PolicyDiscovery discovery, IReadOnlyList<DeliveryAttempt> attempts)
    {
        var causes = new List<Cause>();
        foreach (DeliveryAttempt attempt in attempts)
        {
            Handover? handover = attempt.HandoverTo(recipient);
            switch (handover)
            {
                case Handover.Accepted accepted:
                    return Delivered(recipient, discovery, attempt, attempts, accepted.Reply);

                case Handover.Refused refused:
                    FailureCode code = FailureTable.CodeOf(refused.Reply);
                    string said = $"{OutcomeText.Host(attempt)} answered {OutcomeText.Command(refused.Phase)} with {refused.Reply}";
                    return Compose(recipient, new Cause(code, attempt.Candidate.Name, refused.Reply, said), OutcomeText.Sentence(said, attempt.Candidate.Name));

                case Handover.Interrupted { MayHaveBeenDelivered: true } lost:
                    string unknown = $"{OutcomeText.Host(attempt)} was sent the whole message, but its answer is not known: {lost.Failure?.Detail ?? "the caller cancelled"}";
                    return Compose(recipient, new Cause(FailureCode.FinalReplyLost, attempt.Candidate.Name, null, unknown), OutcomeText.Sentence(unknown, attempt.Candidate.Name));

                case Handover.Interrupted { Failure: { } failure }:
                    causes.Add(new Cause(FailureTable.CodeOf(failure), attempt.Candidate.Name, failure.Reply, $"{OutcomeText.Host(attempt)}: {failure.Detail}"));
                    break;

                case Handover.Interrupted:
                    causes.Add(new Cause(FailureCode.Cancelled, attempt.Candidate.Name, null, $"{OutcomeText.Host(attempt)}: the caller cancelled before the message was sent"));
                    break;

                case Handover.NotOffered lacking:
                    causes.Add(new Cause(FailureTable.CodeOf(lacking.Reason), attempt.Candidate.Name, null, $"{OutcomeText.Host(attempt)}: {lacking.Detail}"));
                    break;

                case null when attempt.Failure is { } ended:
                    causes.Add(new Cause(ended, attempt.Candidate.Name, attempt.Reply, $"{OutcomeText.Host(attempt)}: {attempt.Detail}"));
                    break;
            }
        }

        if (causes.Count == 0)
        {
            return WithoutAttempt(recipient, FailureCode.InternalError, "no host was tried");
        }

        return Compose(recipient, Decisive(causes), OutcomeText.AllRefused(discovery, recipient.DomainText, causes));
    }

    private static Cause Decisive(List<Cause> causes) =>
        causes.Find(cause => FailureTable.For(cause.Code) is { Class: FailureClass.Temporary, Stage: DeliveryStage.Tls or DeliveryStage.Policy })
        ?? causes.Find(cause => FailureTable.For(cause.Code).Class == FailureClass.Temporary)
        ?? causes[0];

    private static RecipientOutcome.Delivered Delivered(
        EnvelopeAddress recipient, PolicyDiscovery discovery, DeliveryAttempt attempt, IReadOnlyList<DeliveryAttempt> attempts, SmtpReply reply) =>
        new(recipient, reply.Enhanced ?? new EnhancedStatus(2, 0, 0), attempt.Candidate.Name, reply, "", attempt.Observation?.IsEncrypted ?? false,
            attempt.AuthenticatedBy is not null || (attempt.Observation?.IsVerified ?? false))
        {
            NoticesPassedOn = attempt.PassedNoticesOn,
            Telling = () => PrintableText.Of(OutcomeText.Delivered(discovery, attempt, attempts.TakeWhile(one => one != attempt))),
        };

    private static RecipientOutcome Compose(EnvelopeAddress recipient, Cause cause, string explanation)
    {
        FailureRow row = FailureTable.For(cause.Code);
        explanation = PrintableText.Of(explanation);
        EnhancedStatus status = cause.Reply?.Enhanced is { } theirs && theirs.Class == row.Status.Class ? theirs : row.Status;
        return row.Class == FailureClass.Permanent
            ? new RecipientOutcome.Failed(recipient, status, cause.MxHost, cause.Reply, explanation, row.Code, row.Stage, row.Advice)
            : new RecipientOutcome.Deferred(recipient, status, cause.MxHost, cause.Reply, explanation, row.Code, row.Stage, row.Advice, row.Code == FailureCode.FinalReplyLost, RetryAfter);
    }

    /// <summary>Why one attempt did not deliver.</summary>
    internal sealed record Cause(FailureCode Code, string? MxHost, SmtpReply? Reply, string Text);
}
