using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Testing.Smtp;

namespace MtaSts.Delivery.Testing;

/// <summary>Compares what happens after a step has begun with what must and must not.</summary>
public sealed class ScenarioWatch
{
    private readonly ScenarioStep _step;
    private readonly FakeInternet _internet;
    private readonly HashSet<SmtpTranscript> _earlierSessions;
    private readonly HashSet<ReceivedMessage> _earlierMessages;

    internal ScenarioWatch(ScenarioStep step, FakeInternet internet)
    {
        _step = step;
        _internet = internet;
        _earlierSessions = [.. internet.Sessions];
        _earlierMessages = new HashSet<ReceivedMessage>(internet.Messages, ReferenceEqualityComparer.Instance);
    }

    /// <summary>The SMTP sessions since the step began.</summary>
    public IReadOnlyList<SmtpTranscript> Sessions => [.. _internet.Sessions.Where(session => !_earlierSessions.Contains(session))];

    /// <summary>The messages that were accepted since the step began.</summary>
    public IReadOnlyList<ReceivedMessage> Messages => [.. _internet.Messages.Where(message => !_earlierMessages.Contains(message))];

    /// <summary>What a sender of any kind has done wrong, as far as the servers can see it: a sentence each; empty when all is well.</summary>
    public IReadOnlyList<string> Complaints()
    {
        var complaints = new List<string>();
        foreach (Prohibition prohibition in _step.Never)
        {
            complaints.AddRange(Sessions.Where(prohibition.IsBrokenBy).Select(session => $"Must be: {prohibition}. {session.Host} saw:\n{session}"));
        }

        foreach (ExpectedOutcome outcome in _step.Outcomes)
        {
            ReceivedMessage[] received = [.. Messages.Where(message => message.Recipients.HasMailbox(outcome.Recipient))];
            int expected = outcome.Class == OutcomeClass.Delivered ? 1 : 0;
            if (received.Length != expected)
            {
                complaints.Add($"{outcome.Recipient}: MX hosts accepted {received.Length} messages instead of {expected}.");
            }

            complaints.AddRange(received.Where(message => outcome.MxHost is not null && message.Host != outcome.MxHost)
                .Select(message => $"{outcome.Recipient}: the message went to {message.Host} instead of {outcome.MxHost}."));
            complaints.AddRange(received.Where(message => message.IsTls == (outcome.Protection == Protection.None))
                .Select(message => $"{outcome.Recipient}: the message came {(message.IsTls ? "over TLS" : "in clear")}."));
            complaints.AddRange(received.Where(message => !message.Content.Span.SequenceEqual(_step.Content))
                .Select(message => $"{outcome.Recipient}: the message at {message.Host} is not the one that was to be sent: {message.Content.Length} octets instead of {_step.Content.Length}."));
        }

        string[] recipients = [.. _step.Outcomes.Select(outcome => outcome.Recipient)];
        foreach (ReceivedMessage message in Messages)
        {
            complaints.AddRange(message.Recipients.Where(recipient => !recipients.HasMailbox(recipient))
                .Select(recipient => $"{recipient}: {message.Host} accepted a message for a recipient that the envelope does not have."));
            if (!Mailbox.IsSame(message.ReversePath, Scenarios.Sender))
            {
                complaints.Add($"The message at {message.Host} came from <{message.ReversePath}> instead of <{Scenarios.Sender}>.");
            }
        }

        return complaints;
    }

    /// <summary>What the library has done wrong, by its own word and by that of the servers: a sentence each; empty when all is well.</summary>
    public IReadOnlyList<string> Complaints(DeliveryResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        var complaints = new List<string>(Complaints());
        foreach (ExpectedOutcome expected in _step.Outcomes)
        {
            RecipientOutcome seen = result.For(expected.Recipient);
            ExpectedOutcome told = Told(expected, seen);
            if (told != expected)
            {
                complaints.Add($"{expected.Recipient}: {told} ({seen.Status}) instead of {expected} ({expected.Status}). {seen.Explanation}");
            }
        }

        string[] reported = [.. ResultTypes(result).Distinct().Order(StringComparer.Ordinal)];
        if (!reported.SequenceEqual(_step.ResultTypes.Order(StringComparer.Ordinal)))
        {
            complaints.Add($"Result types: {Listed(reported)} instead of {Listed(_step.ResultTypes)}.");
        }

        return complaints;
    }

    private static ExpectedOutcome Told(ExpectedOutcome expected, RecipientOutcome seen) => seen switch
    {
        RecipientOutcome.Delivered delivered => new ExpectedOutcome(expected.Recipient, OutcomeClass.Delivered, seen.Status.ToString())
        {
            MxHost = expected.MxHost is null ? null : delivered.MxHost,
            Protection = delivered.IsVerified ? Protection.Verified : delivered.IsEncrypted ? Protection.Encrypted : Protection.None,
        },
        RecipientOutcome.Deferred deferred => new ExpectedOutcome(expected.Recipient, OutcomeClass.Deferred, seen.Status.ToString()) { MayHaveBeenDelivered = deferred.MayHaveBeenDelivered },
        _ => new ExpectedOutcome(expected.Recipient, OutcomeClass.Failed, seen.Status.ToString()),
    };

    private static IEnumerable<string> ResultTypes(DeliveryResult result)
    {
        foreach (DomainDelivery domain in result.Domains)
        {
            FailureCode[] codes =
            [
                .. domain.Policy.Fault is { } fault && FailureTable.CodeOf(fault.Kind) is { } found ? [found] : Array.Empty<FailureCode>(),
                .. domain.Attempts.SelectMany(attempt => attempt.Verdict?.Failures ?? []).Select(FailureTable.CodeOf),
                .. domain.Attempts.Select(attempt => attempt.Failure).OfType<FailureCode>(),
            ];
            foreach (string type in codes.Select(code => FailureTable.For(code).ReportAs).OfType<string>())
            {
                yield return type;
            }
        }
    }

    private static string Listed(IEnumerable<string> types) => string.Join(", ", types) is { Length: > 0 } text ? text : "none";
}
