using System.CommandLine;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>policy</c>: policies to publish; those in a store stand in <see cref="StoreCommands"/>.</summary>
internal static class PolicyCommand
{
    private const double UsualTimeout = 15;
    private const long Week = 7 * 24 * 60 * 60;

    public static Command Create(Surroundings around) => new("policy", "Policies to publish, and policies that were learnt.")
    {
        New(around),
        StoreCommands.List(around),
        StoreCommands.Show(around),
        StoreCommands.Refresh(around),
        StoreCommands.Remove(around),
        StoreCommands.Export(around),
        StoreCommands.Import(around),
    };

    private static Command New(Surroundings around)
    {
        var domain = new Argument<string>("DOMAIN") { Description = "The domain." };
        var mode = new Option<string>("--mode") { Description = "enforce, testing or none.", HelpName = "MODE", DefaultValueFactory = _ => "testing" };
        mode.AcceptOnlyFromAmong("enforce", "testing", "none");
        var maxAge = new Option<long>("--max-age") { Description = "Seconds that senders may keep the policy, up to 31557600.", HelpName = "SECONDS", DefaultValueFactory = _ => Week };
        Option<bool> json = Common.JsonOption();
        var connection = new ConnectionOptions(UsualTimeout);
        var command = new Command("new", "Writes a policy from the domain's MX hosts, and the DNS records to publish with it.") { domain, mode, maxAge, json };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            DomainName name = Names.Domain(parsed.GetValue(domain)!);
            long seconds = parsed.GetValue(maxAge);
            if (seconds is < 0 or > 31557600)
            {
                throw new UsageException("--max-age is 0 to 31557600 seconds (RFC 8461 §3.2).");
            }

            Func<MailDelivererOptions> options = await connection.ReadAsync(parsed, around, cancellationToken).ConfigureAwait(false);
            return await RunAsync(around, options(), name, parsed.GetValue(mode)!, seconds, parsed.GetValue(json), cancellationToken).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunAsync(Surroundings around, MailDelivererOptions options, DomainName domain, string mode, long maxAge, bool json, CancellationToken cancellationToken)
    {
        string[] hosts;
        switch (await new DnsClientResolver(options.Dns, around.Clock).LookUpMxAsync(domain, cancellationToken).ConfigureAwait(false))
        {
            case DnsAnswer<MxRecord>.Found found:
                hosts = [.. found.Records.OrderBy(record => record.Preference).Select(record => record.Exchange).Where(exchange => MxPattern.TryParse(exchange, out _)).Select(exchange => exchange.ToLowerInvariant()).Distinct()];
                break;
            case DnsAnswer<MxRecord>.Unavailable unavailable:
                await around.Error.WriteLineAsync($"The MX records of {domain} cannot be looked up: {unavailable.Reason}.").ConfigureAwait(false);
                return ExitCode.Temporary;
            default:
                hosts = [];
                break;
        }

        if (hosts.Length == 0 && mode != "none")
        {
            await around.Error.WriteLineAsync($"{domain} has no MX record that names a host; publish one first.").ConfigureAwait(false);
            return ExitCode.Findings;
        }

        string text = string.Concat((string[])["version: STSv1\n", $"mode: {mode}\n", .. hosts.Select(host => $"mx: {host}\n"), FormattableString.Invariant($"max_age: {maxAge}\n")]);
        // What is handed out has been read by a sender's own reader.
        _ = StsPolicy.Parse(text);
        string id = around.Clock.GetUtcNow().ToString("yyyyMMddHHmmss", System.Globalization.CultureInfo.InvariantCulture);
        var line = new NewPolicyLine(domain.Value, text, $"_mta-sts.{domain}. IN TXT \"v=STSv1; id={id}\"", $"_smtp._tls.{domain}. IN TXT \"v=TLSRPTv1; rua=mailto:tls-reports@{domain}\"", $"https://mta-sts.{domain}/.well-known/mta-sts.txt");
        if (json)
        {
            await around.Out.WriteLineAsync(Json.Write(line, Json.Lines.NewPolicyLine)).ConfigureAwait(false);
            return ExitCode.Good;
        }

        // The policy alone goes to standard output, so that it can be sent into its file.
        await around.Out.WriteAsync(text).ConfigureAwait(false);
        await around.Out.FlushAsync(cancellationToken).ConfigureAwait(false);
        await around.Error.WriteLineAsync($"""

            Serve the lines above as text/plain at {line.Url}, then publish:
              {line.Record}
              {line.TlsRecord}
            """).ConfigureAwait(false);
        return ExitCode.Good;
    }
}
