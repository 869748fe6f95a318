using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Cli.Lint;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>lint</c>: files, without any network.</summary>
internal static class LintCommand
{
    public static Command Create(Surroundings around) => new("lint", "Reads files as a sender would, and says what is wrong with them; no network.")
    {
        Plain(around, "policy", "A policy, as https://mta-sts.DOMAIN/.well-known/mta-sts.txt serves it.", "Policy files", PolicyLint.MaxSize, PolicyLint.Of),
        Plain(around, "record", "The TXT answer for _mta-sts.DOMAIN, one record a line, as dig +short TXT prints it.", "Files with the output of dig", RecordLint.MaxSize, RecordLint.Sts),
        Plain(around, "tls-record", "The TXT answer for _smtp._tls.DOMAIN, one record a line, as dig +short TXT prints it.", "Files with the output of dig", RecordLint.MaxSize, RecordLint.Tls),
        Plain(around, "report", "A received TLS report: JSON, gzip, or the whole mail that brought it.", "Reports", ReportLint.MaxSize, ReportLint.Of),
        Certificate(around),
    };

    private static Command Plain(Surroundings around, string name, string description, string files, int limit, Func<Input, Linted> lint)
    {
        Argument<string[]> sources = Common.Files(files);
        Option<bool> json = Common.JsonOption();
        var command = new Command(name, description) { sources, json };
        command.SetAction((parsed, cancellationToken) => RunAsync(around, parsed.GetValue(sources)!, limit, lint, parsed.GetValue(json), cancellationToken));
        return command;
    }

    private static Command Certificate(Surroundings around)
    {
        Argument<string[]> sources = Common.Files("PEM files, each with the host's own certificate first, then its chain");
        Option<bool> json = Common.JsonOption();
        var host = new Option<string>("--host") { Description = "The MX host, as it stands in the MX record.", HelpName = "HOST", Required = true };
        var at = new Option<string?>("--at") { Description = "The moment of the handshake, such as 2026-12-24T00:00Z; now unless given.", HelpName = "TIME" };
        Option<string[]> trust = ConnectionOptions.TrustOption("The roots to trust; without them the chain is not judged.");
        var command = new Command("certificate", "Would this certificate do for this MX host under MTA-STS?") { sources, host, at, trust, json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            DomainName name = Names.Host(parsed.GetValue(host)!, "--host");
            DateTimeOffset moment = Moment(parsed.GetValue(at)) ?? around.Clock.GetUtcNow();
            X509Certificate2Collection? roots = await ConnectionOptions.LoadRootsAsync(parsed.GetValue(trust)!, around, cancellationToken).ConfigureAwait(false);
            return await RunAsync(around, parsed.GetValue(sources)!, CertificateLint.MaxSize, input => CertificateLint.Of(input, name, roots, moment), parsed.GetValue(json), cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(Surroundings around, string[] sources, int limit, Func<Input, Linted> lint, bool json, CancellationToken cancellationToken)
    {
        Common.RefuseTwiceStdin(sources);
        IPaper? paper = json ? null : Common.Paper(around);
        var codes = new List<int>();
        foreach (string source in sources)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Input input = await Input.ReadAsync(source, limit, around, cancellationToken).ConfigureAwait(false);
            Linted linted = lint(input);
            codes.Add(linted.ExitCode);
            if (paper is null)
            {
                await around.Out.WriteLineAsync(linted.Json).ConfigureAwait(false);
                continue;
            }

            if (input is Input.Unusable(_, var reason))
            {
                paper.Heading(source + ":", "cannot be read: " + reason, Tone.Bad);
                continue;
            }

            paper.Heading(source + ":", linted.Headline, linted.IsGood ? Tone.Good : Tone.Bad);
            FindingText.Write(paper, linted.Findings.Select(finding => (finding, (string?)null)));
        }

        return ExitCode.Worst(codes);
    }

    private static DateTimeOffset? Moment(string? text) => text is null ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment) ? moment
        : throw new UsageException($"--at '{text}' is no moment; write one such as 2026-12-24T00:00Z.");
}
