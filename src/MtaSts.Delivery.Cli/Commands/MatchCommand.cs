using System.CommandLine;
using MtaSts.Delivery.Cli.Lint;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>match</c>: which MX hosts a policy permits. RFC 8461 §4.1.</summary>
internal static class MatchCommand
{
    public static Command Create(Surroundings around)
    {
        var hosts = new Argument<string[]>("HOST") { Description = "MX hosts, as they stand in the MX records.", Arity = ArgumentArity.OneOrMore };
        var policy = new Option<string>("--policy") { Description = "The policy file; - for standard input.", HelpName = "FILE", Required = true };
        Option<bool> json = Common.JsonOption();
        var command = new Command("match", "Is each MX host permitted, and by which pattern of the policy?") { hosts, policy, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(around, parsed.GetValue(policy)!, parsed.GetValue(hosts)!, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(Surroundings around, string file, string[] hosts, bool json, CancellationToken cancellationToken)
    {
        StsPolicy policy = await LoadAsync(around, file, cancellationToken).ConfigureAwait(false);
        IPaper? paper = json ? null : Common.Paper(around);
        var codes = new List<int>();
        foreach (string text in hosts)
        {
            MxPattern? pattern = DomainName.TryParse(text, out DomainName? host) ? policy.PatternFor(host) : null;
            // What is no host name is a slip of the user's; it has its line all the same.
            codes.Add(host is null ? ExitCode.Usage : pattern is null ? ExitCode.Findings : ExitCode.Good);
            if (paper is null)
            {
                await around.Out.WriteLineAsync(Json.Write(new MatchLine(text, pattern is not null, pattern?.ToString()), Json.Lines.MatchLine)).ConfigureAwait(false);
            }
            else
            {
                paper.Heading(text + ":", pattern is null ? "not permitted" + Why(policy, host) : $"permitted by {pattern}", pattern is null ? Tone.Bad : Tone.Good);
            }
        }

        return ExitCode.Worst(codes);
    }

    private static string Why(StsPolicy policy, DomainName? host)
    {
        MxPattern? near = host is null ? null : policy.Mx.FirstOrDefault(pattern => pattern.IsWildcard && (host == pattern.Name || host.Value.EndsWith("." + pattern.Name, StringComparison.Ordinal)));
        return host is null ? " (it is no host name)"
            : near is null ? ""
            : host == near.Name ? $" ({near} names the hosts below {near.Name}, not that itself: RFC 8461 §4.1)"
            : $" ({near} stands for exactly one label: RFC 8461 §4.1)";
    }

    private static async Task<StsPolicy> LoadAsync(Surroundings around, string file, CancellationToken cancellationToken)
    {
        switch (await Input.ReadAsync(file, PolicyLint.MaxSize, around, cancellationToken).ConfigureAwait(false))
        {
            case Input.Content(_, var octets):
                PolicyReading reading = StsPolicy.Read(octets.Span);
                return reading.Policy ?? throw new UsageException($"{file} is no valid policy: {reading.Findings.First(finding => finding.Severity == FindingSeverity.Error)}. See mta-sts lint policy.");
            case Input.TooLarge:
                throw new UsageException($"{file} is longer than a policy may be (64 KiB).");
            case Input.Unusable(_, var reason):
                throw new UsageException($"{file}: {reason}.");
            default:
                throw new System.Diagnostics.UnreachableException();
        }
    }
}
