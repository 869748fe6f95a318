using System.CommandLine;
using MtaSts.Delivery.Cli.Checks;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>check</c>: all that a sender would meet, for any number of domains side by side.</summary>
internal static class CheckCommand
{
    private const int SideBySide = 16;
    private const double UsualTimeout = 15;

    public static Command Create(Surroundings around)
    {
        var domains = new Argument<string[]>("DOMAIN") { Description = "Domains.", Arity = ArgumentArity.OneOrMore };
        var noConnect = new Option<bool>("--no-connect") { Description = "Do not connect to MX hosts on port 25." };
        var verbose = new Option<bool>("--verbose") { Description = "Also print what is in order." };
        Option<bool> json = Common.JsonOption();
        var connection = new ConnectionOptions(UsualTimeout);
        var command = new Command("check", "Checks all that a sender would meet: MX, record, policy host, policy, then each MX host's TLS.") { domains, noConnect, verbose, json };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            DomainName[] names = [.. parsed.GetValue(domains)!.Select(Names.Domain)];
            var check = new DomainCheck(await connection.ReadAsync(parsed, around, cancellationToken).ConfigureAwait(false), around.Clock);
            return await RunAsync(around, check, names, !parsed.GetValue(noConnect), parsed.GetValue(json), parsed.GetValue(verbose), cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(Surroundings around, DomainCheck check, DomainName[] names, bool connect, bool json, bool verbose, CancellationToken cancellationToken)
    {
        int done = 0;
        using var progress = new ProgressLine(around, () => FormattableString.Invariant($"checking: {done} of {names.Length} done…"));
        using var turn = new SemaphoreSlim(SideBySide);
        Task<Evidence>[] checks = [.. names.Select(CheckAsync)];
        IPaper paper = Common.Paper(around);
        var codes = new List<int>();
        foreach (Task<Evidence> one in checks)
        {
            Evidence evidence = await one.ConfigureAwait(false);
            IReadOnlyList<SubjectFinding> findings = CheckRules.Of(evidence);
            int code = VerdictRules.ExitCodeOf(findings);
            codes.Add(code);
            progress.Clear();
            if (json)
            {
                await around.Out.WriteLineAsync(CheckText.Json(evidence, findings)).ConfigureAwait(false);
            }
            else
            {
                CheckText.Write(paper, evidence, findings, verbose);
            }

            // Each as soon as it is known, for whoever reads along.
            await around.Out.FlushAsync(cancellationToken).ConfigureAwait(false);
        }

        return ExitCode.Worst(codes);

        async Task<Evidence> CheckAsync(DomainName name)
        {
            await turn.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                return await check.RunAsync(name, connect, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                turn.Release();
                Interlocked.Increment(ref done);
            }
        }
    }
}
