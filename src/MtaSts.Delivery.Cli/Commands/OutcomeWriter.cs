using System.Text.Json.Nodes;
using MtaSts.Delivery.Cli.Checks;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary>Prints outcomes, from several deliveries at once.</summary>
internal sealed class OutcomeWriter(Surroundings around, bool json, bool verbose)
{
    private readonly Lock _gate = new();
    private readonly IPaper _paper = Common.Paper(around);

    /// <summary>Refused for good or by policy is one thing; what another try may mend, the other.</summary>
    public static int CodeOf(RecipientOutcome outcome) => outcome switch
    {
        RecipientOutcome.Delivered => ExitCode.Good,
        RecipientOutcome.Deferred { Stage: not (DeliveryStage.Policy or DeliveryStage.Tls) } => ExitCode.Temporary,
        _ => ExitCode.Findings,
    };

    public void Write(DeliveryResult result)
    {
        lock (_gate)
        {
            foreach (RecipientOutcome outcome in result.Outcomes)
            {
                if (json)
                {
                    around.Out.WriteLine(Json.Write(LineOf(outcome, result), Json.Lines.OutcomeLine));
                }
                else
                {
                    WriteText(outcome, result);
                }
            }

            around.Out.Flush();
        }
    }

    private void WriteText(RecipientOutcome outcome, DeliveryResult result)
    {
        _paper.Line((outcome.Recipient.ToString(), Tone.Strong), (": ", Tone.Plain), (Word(outcome), outcome is RecipientOutcome.Delivered ? Tone.Good : Tone.Bad), ($" {outcome.Status}", Tone.Plain));
        _paper.Paragraph(4, Explanation(outcome));
        if (Advice(outcome) is { } advice)
        {
            _paper.Paragraph(4, "→ " + advice, Tone.Strong);
        }

        foreach (DeliveryAttempt attempt in verbose ? result.Domains[0].Attempts : [])
        {
            string end = attempt.Failure is { } failure ? $"{failure}: {attempt.Detail}" : "the message was offered";
            _paper.Paragraph(6, $"{attempt.Candidate.Name} {attempt.Remote}: {end} ({attempt.Elapsed.TotalMilliseconds:0} ms)", Tone.Quiet);
        }

        string[] codes = FindingsOf(result);
        if (codes.Length > 0)
        {
            _paper.Paragraph(4, "findings: " + string.Join(", ", codes), Tone.Quiet);
        }
    }

    private static OutcomeLine LineOf(RecipientOutcome outcome, DeliveryResult result)
    {
        (string? stage, string? failure, bool maybe, double? retry) = outcome switch
        {
            RecipientOutcome.Deferred deferred => (Camel(deferred.Stage.ToString()), Camel(deferred.Failure.ToString()), deferred.MayHaveBeenDelivered, deferred.RetryAfter.TotalSeconds),
            RecipientOutcome.Failed failed => (Camel(failed.Stage.ToString()), Camel(failed.Failure.ToString()), false, null),
            _ => ((string?)null, (string?)null, false, (double?)null),
        };
        string? tls = outcome switch
        {
            RecipientOutcome.Delivered { IsVerified: true } => "verified",
            RecipientOutcome.Delivered { IsEncrypted: true } => "encrypted",
            RecipientOutcome.Delivered => "none",
            _ => null,
        };
        return new OutcomeLine(
            outcome.Recipient.ToString(), Word(outcome), outcome.Status.ToString(), stage, outcome.MxHost, tls, Explanation(outcome), Advice(outcome), failure, outcome.Reply?.ToString(),
            maybe, retry, FindingsOf(result), JsonNode.Parse(result.ToJson())?["domains"]?[0]);
    }

    /// <summary>The codes behind what happened, the same as those of <c>check</c>.</summary>
    private static string[] FindingsOf(DeliveryResult result)
    {
        DomainDelivery domain = result.Domains[0];
        IEnumerable<string> policy = domain.Policy.Fault?.Code is { } code ? [code] : [];
        return [.. policy.Concat(domain.Attempts.SelectMany(attempt => AttemptRules.Of(attempt, domain.Policy.Policy, result.StartedAt)).Where(finding => finding.Severity != FindingSeverity.Info).Select(finding => finding.Code)).Distinct()];
    }

    private static string Word(RecipientOutcome outcome) => outcome switch { RecipientOutcome.Delivered => "delivered", RecipientOutcome.Deferred => "deferred", _ => "failed" };

    /// <summary>What happened, for whoever pressed Ctrl-C: the library speaks of its caller.</summary>
    private static string Explanation(RecipientOutcome outcome) => outcome switch
    {
        RecipientOutcome.Deferred { Failure: FailureCode.Cancelled } => $"Interrupted before {(outcome.MxHost is { } host ? $"{host} was sent the message" : "a host was tried")}; not delivered.",
        RecipientOutcome.Deferred { Failure: FailureCode.FinalReplyLost } => outcome.Explanation.Replace("the caller cancelled", "interrupted", StringComparison.Ordinal),
        _ => outcome.Explanation,
    };

    private static string? Advice(RecipientOutcome outcome) => outcome switch { RecipientOutcome.Deferred { Failure: FailureCode.Cancelled } => "Send it again when it suits.", RecipientOutcome.Deferred deferred => deferred.Advice, RecipientOutcome.Failed failed => failed.Advice, _ => null };

    private static string Camel(string name) => char.ToLowerInvariant(name[0]) + name[1..];
}
