using System.CommandLine;
using System.Text.Json.Nodes;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>explain</c>: what would happen to mail to an address right now.</summary>
internal static class ExplainCommand
{
    private const double UsualTimeout = 15;

    public static Command Create(Surroundings around)
    {
        var addresses = new Argument<string[]>("ADDRESS") { Description = "Mail addresses.", Arity = ArgumentArity.OneOrMore };
        var probe = new Option<bool>("--probe") { Description = "Connect to the MX hosts, up to the TLS handshake." };
        Option<bool> json = Common.JsonOption();
        var connection = new ConnectionOptions(UsualTimeout);
        var command = new Command("explain", "Says step by step what would happen to mail to this address right now; sends nothing.") { addresses, probe, json };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            EnvelopeAddress[] recipients = [.. parsed.GetValue(addresses)!.Select(Names.Address)];
            Func<MailDelivererOptions> options = await connection.ReadAsync(parsed, around, cancellationToken).ConfigureAwait(false);
            return await RunAsync(around, options, recipients, parsed.GetValue(probe), parsed.GetValue(json), cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(Surroundings around, Func<MailDelivererOptions> options, EnvelopeAddress[] recipients, bool probe, bool json, CancellationToken cancellationToken)
    {
        var deliverer = new MailDeliverer(options(), around.Clock);
        await using (deliverer.ConfigureAwait(false))
        {
            using var progress = new ProgressLine(around, () => "looking…");
            Task<DeliveryPlan>[] plans = [.. recipients.Select(recipient => deliverer.PlanAsync(recipient, probe, cancellationToken))];
            IPaper paper = Common.Paper(around);
            var codes = new List<int>();
            for (int i = 0; i < recipients.Length; i++)
            {
                DeliveryPlan plan = await plans[i].ConfigureAwait(false);
                Expectation expected = PlanRules.Expect(plan);
                codes.Add(expected.ExitCode);
                progress.Clear();
                if (json)
                {
                    await around.Out.WriteLineAsync(Json.Write(new PlanLine(recipients[i].ToString(), expected.Outcome, expected.Reason, JsonNode.Parse(plan.ToJson())), Json.Lines.PlanLine)).ConfigureAwait(false);
                }
                else
                {
                    Write(paper, recipients[i], plan, expected);
                }

                await around.Out.FlushAsync(cancellationToken).ConfigureAwait(false);
            }

            return ExitCode.Worst(codes);
        }
    }

    private static void Write(IPaper paper, EnvelopeAddress recipient, DeliveryPlan plan, Expectation expected)
    {
        paper.Line((recipient.ToString(), Tone.Strong));
        paper.Paragraph(5, "Route: " + plan.Route switch
        {
            Route.ToHosts { Origin: RouteOrigin.MxRecords } hosts => FormattableString.Invariant($"{hosts.Candidates.Count} MX host(s) of {plan.Domain}, in this order: {string.Join(", ", hosts.Candidates.Select(host => host.Name))}."),
            Route.ToHosts { Origin: RouteOrigin.AddressLiteral } => $"straight to {plan.Domain}; an address literal has no policy.",
            Route.ToHosts => $"no MX record, so {plan.Domain} itself.",
            Route.NoMail none => FindingText.Sentence(none.Detail),
            Route.Unavailable unavailable => FindingText.Sentence(unavailable.Detail),
            _ => throw new System.Diagnostics.UnreachableException(),
        }, label: "  1");
        paper.Paragraph(5, "Policy: " + Policy(plan.Policy), label: "  2");
        paper.Paragraph(5, plan.Hosts.Count == 0 ? "Hosts: none." : "Hosts, first to last:", label: "  3");
        foreach (HostPlan host in plan.Hosts)
        {
            paper.Paragraph(5, FormattableString.Invariant($"{host.Candidate.Preference} {host.Candidate.Name}: {Requirement(host)}"));
            paper.Paragraph(8, host.Addresses.Count == 0 ? host.AddressFault : string.Join(", ", host.Addresses), Tone.Quiet);
            foreach (HostProbe one in host.Probes)
            {
                paper.Paragraph(8, $"{one.Address}: {PlanRules.Word(one, host)}", one.Verdict is TlsVerdict.Proceed ? Tone.Good : Tone.Bad);
            }
        }

        paper.Line(($"  → {FindingText.Sentence(expected.Outcome)}", expected.ExitCode == ExitCode.Good ? Tone.Good : Tone.Bad));
        paper.Paragraph(4, FindingText.Sentence(expected.Reason));
        paper.Line();
    }

    private static string Policy(PolicyDiscovery discovery)
    {
        string fault = discovery.Fault is { } wrong ? $" ({wrong.Detail}{(wrong.Code is null ? "" : "; " + wrong.Code)})" : "";
        return discovery.Policy is { } policy
            ? $"mode {PolicyText.Name(policy.Mode)}, id {discovery.InForce!.Id}, mx {PolicyText.Hosts(policy)}{fault}."
            : $"none in force{fault}.";
    }

    private static string Requirement(HostPlan host) => (host.Requirement, host.Requirement.Dane) switch
    {
        (TlsRequirement.HostNotPermitted, _) or (_, null) => ByPolicy(host),
        (_, DaneRequirement.Unavailable dane) => $"gets nothing now, as {dane.Reason}",
        (_, DaneRequirement.Missing dane) => $"gets nothing now, as {dane.Reason}",
        (TlsRequirement.Enforced, DaneRequirement.Authenticated dane) => $"{ByPolicy(host)}, and that one of the TLSA records of {dane.BaseDomain} matches",
        (TlsRequirement.Enforced, _) => ByPolicy(host),
        // Neither no policy nor mode testing demands TLS, but the records do.
        (_, DaneRequirement.Authenticated dane) => $"{ByTesting(host)}must offer TLS with a certificate that one of the TLSA records of {dane.BaseDomain} matches",
        var (_, dane) => $"{ByTesting(host)}must offer TLS, as the TLSA records of {dane.BaseDomain} demand",
    };

    private static string ByTesting(HostPlan host) => host.Requirement switch
    {
        TlsRequirement.Observed { HostPermitted: true } => $"permitted by {host.PermittedBy} (mode testing); ",
        TlsRequirement.Observed => "no mx pattern names it (mode testing); ",
        _ => "",
    };

    private static string ByPolicy(HostPlan host) => host.Requirement switch
    {
        TlsRequirement.HostNotPermitted => "no mx pattern names it, so it gets nothing",
        TlsRequirement.Enforced => $"permitted by {host.PermittedBy}; must offer TLS with a certificate that is valid for {host.Candidate.Name}",
        TlsRequirement.Observed { HostPermitted: true } => $"permitted by {host.PermittedBy}; mode testing: gets the mail whatever TLS shows",
        TlsRequirement.Observed => "no mx pattern names it; mode testing: gets the mail all the same",
        _ => "TLS if it can be had, with whatever certificate",
    };
}
