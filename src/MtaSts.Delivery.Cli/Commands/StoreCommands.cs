using System.CommandLine;
using System.Text;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Sqlite;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary><c>policy list</c> and its siblings: the policies in a store.</summary>
internal static class StoreCommands
{
    private const double UsualTimeout = 15;
    private const int ShownFaults = 5;

    // The library keeps no more of them.
    private const int MostFaults = 100;

    public static Command List(Surroundings around)
    {
        (Option<string?> store, Option<bool> json) = (Store(), Common.JsonOption());
        var command = new Command("list", "Lists the policies of a store.") { store, json };
        command.SetAction((parsed, cancellationToken) => WithAsync(around, parsed.GetValue(store)!, mustExist: true, new MailDelivererOptions(), cache =>
        {
            KnownPolicy[] all = [.. cache.List().OrderBy(known => known.Domain.Value, StringComparer.Ordinal)];
            DateTimeOffset now = around.Clock.GetUtcNow();
            if (parsed.GetValue(json))
            {
                foreach (KnownPolicy known in all)
                {
                    around.Out.WriteLine(Json.Write(LineOf(known, now, withText: false), Json.Lines.StoredLine));
                }
            }
            else if (all.Length == 0)
            {
                TellEmpty(around, parsed.GetValue(store)!);
            }
            else
            {
                Common.Paper(around).Table(
                    ["domain", "mode", "id", "fetched", "expires", "pinned"],
                    [.. all.Select(known => (string[])[known.Domain.Value, PolicyText.Name(known.Policy.Policy.Mode), known.Policy.Id, RefreshRules.Day(known.Policy.FetchedAt), known.Policy.HoldsAt(now) ? RefreshRules.Day(known.Policy.ExpiresAt) : "expired", known.IsPinned ? "yes" : ""])]);
            }

            return Task.FromResult(ExitCode.Good);
        }, cancellationToken));
        return command;
    }

    public static Command Show(Surroundings around)
    {
        (Option<string?> store, Option<bool> json, Argument<string[]> domains) = (Store(), Common.JsonOption(), Domains(ArgumentArity.OneOrMore, "Domains."));
        var command = new Command("show", "Shows the policies of domains as they were fetched.") { domains, store, json };
        command.SetAction((parsed, cancellationToken) => WithAsync(around, parsed.GetValue(store)!, mustExist: true, new MailDelivererOptions(), async cache =>
        {
            DateTimeOffset now = around.Clock.GetUtcNow();
            IPaper paper = Common.Paper(around);
            bool all = true;
            foreach (DomainName domain in parsed.GetValue(domains)!.Select(Names.Domain))
            {
                if (await cache.FindAsync(domain, cancellationToken).ConfigureAwait(false) is not { } known)
                {
                    all = false;
                    await around.Error.WriteLineAsync($"{domain}: no policy is stored.").ConfigureAwait(false);
                    continue;
                }

                if (parsed.GetValue(json))
                {
                    await around.Out.WriteLineAsync(Json.Write(LineOf(known, now, withText: true), Json.Lines.StoredLine)).ConfigureAwait(false);
                    continue;
                }

                paper.Line((domain.Value, Tone.Strong), ($"  id {known.Policy.Id}, fetched {RefreshRules.Day(known.Policy.FetchedAt)}, {(known.Policy.HoldsAt(now) ? "until " + RefreshRules.Day(known.Policy.ExpiresAt) : "expired " + RefreshRules.Day(known.Policy.ExpiresAt))}{(known.IsPinned ? ", pinned" : "")}", Tone.Quiet));
                foreach (string line in known.Policy.Policy.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
                {
                    paper.Line(("  " + line, Tone.Plain));
                }
            }

            return all ? ExitCode.Good : ExitCode.Findings;
        }, cancellationToken));
        return command;
    }

    public static Command Refresh(Surroundings around)
    {
        (Option<string?> store, Option<bool> json, Argument<string[]> domains) = (Store(), Common.JsonOption(), Domains(ArgumentArity.ZeroOrMore, "Domains; all that are stored unless given."));
        var connection = new ConnectionOptions(UsualTimeout);
        var command = new Command("refresh", "Fetches policies again; one that cannot be fetched stays in force.") { domains, store, json };
        connection.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            DomainName[] named = [.. parsed.GetValue(domains)!.Select(Names.Domain)];
            MailDelivererOptions options = (await connection.ReadAsync(parsed, around, cancellationToken).ConfigureAwait(false))();
            using SqlitePolicyStore file = PolicyStoreFile.Open(parsed.GetValue(store)!, mustExist: named.Length == 0, around);
            var deliverer = new MailDeliverer(options, around.Clock, policyStore: file);
            await using (deliverer.ConfigureAwait(false))
            {
                await PolicyStoreFile.LoadAsync(deliverer, cancellationToken).ConfigureAwait(false);
                DomainName[] wanted = named.Length > 0 ? named : [.. deliverer.Policies.Cache.List().Select(known => known.Domain).OrderBy(domain => domain.Value, StringComparer.Ordinal)];
                var before = deliverer.Policies.Cache.List().ToDictionary(known => known.Domain);
                var dns = new DnsClientResolver(options.Dns, around.Clock);
                if (wanted.Length == 0 && !parsed.GetValue(json))
                {
                    TellEmpty(around, parsed.GetValue(store)!);
                }

                int done = 0;
                using var progress = new ProgressLine(around, () => FormattableString.Invariant($"refreshing: {done} of {wanted.Length} done…"));
                var codes = new List<int>();
                foreach (DomainName[] some in wanted.Chunk(16))
                {
                    foreach ((PolicyDiscovery discovery, Refreshed refreshed) in await Task.WhenAll(some.Select(RefreshAsync)).ConfigureAwait(false))
                    {
                        done++;
                        progress.Clear();
                        codes.Add(Tell(around, discovery, refreshed, parsed.GetValue(json)));
                    }
                }

                return ExitCode.Worst(codes);

                async Task<(PolicyDiscovery Discovery, Refreshed Refreshed)> RefreshAsync(DomainName domain)
                {
                    PolicyDiscovery discovery = await deliverer.Policies.RefreshAsync(domain, cancellationToken).ConfigureAwait(false);
                    DnsAnswer<MxRecord>? mx = discovery is { InForce: null, Fault: null } ? await dns.LookUpMxAsync(domain, cancellationToken).ConfigureAwait(false) : null;
                    return (discovery, RefreshRules.Of(discovery, before.GetValueOrDefault(domain), mx, around.Clock.GetUtcNow()));
                }
            }
        });
        return command;
    }

    public static Command Remove(Surroundings around)
    {
        (Option<string?> store, Option<bool> json, Argument<string[]> domains) = (Store(), Common.JsonOption(), Domains(ArgumentArity.OneOrMore, "Domains."));
        var command = new Command("remove", "Forgets policies; until they are fetched again the domains are not protected.") { domains, store, json };
        command.SetAction((parsed, cancellationToken) => WithAsync(around, parsed.GetValue(store)!, mustExist: true, new MailDelivererOptions(), async cache =>
        {
            bool all = true;
            foreach (DomainName domain in parsed.GetValue(domains)!.Select(Names.Domain))
            {
                bool removed = await cache.RemoveAsync(domain).ConfigureAwait(false);
                all &= removed;
                await around.Out.WriteLineAsync(parsed.GetValue(json)
                    ? Json.Write(new RemovedLine(domain.Value, removed), Json.Lines.RemovedLine)
                    : $"{domain}: {(removed ? "removed" : "no policy is stored")}").ConfigureAwait(false);
            }

            return all ? ExitCode.Good : ExitCode.Findings;
        }, cancellationToken));
        return command;
    }

    public static Command Export(Surroundings around)
    {
        (Option<string?> store, Option<bool> json) = (Store(), Common.JsonOption());
        json.Description = "Changes nothing: an export is JSON.";
        var command = new Command("export", "Writes all policies to standard output, one JSON object a line.") { store, json };
        command.SetAction((parsed, cancellationToken) => WithAsync(around, parsed.GetValue(store)!, mustExist: true, new MailDelivererOptions(), async cache =>
        {
            await around.Out.FlushAsync(cancellationToken).ConfigureAwait(false);
            if (around.Out is StreamWriter { BaseStream: var stream })
            {
                await cache.ExportAsync(stream, cancellationToken).ConfigureAwait(false);
                return ExitCode.Good;
            }

            using var lines = new MemoryStream();
            await cache.ExportAsync(lines, cancellationToken).ConfigureAwait(false);
            await around.Out.WriteAsync(Encoding.UTF8.GetString(lines.ToArray())).ConfigureAwait(false);
            return ExitCode.Good;
        }, cancellationToken));
        return command;
    }

    public static Command Import(Surroundings around)
    {
        (Option<string?> store, Option<bool> json) = (Store(), Common.JsonOption());
        var source = new Argument<string>("FILE") { Description = "What an export wrote; - for standard input." };
        var command = new Command("import", "Takes over policies that an export wrote; what was fetched later stays.") { source, store, json };
        command.SetAction((parsed, cancellationToken) => WithAsync(around, parsed.GetValue(store)!, mustExist: false, new MailDelivererOptions(), async cache =>
        {
            string name = parsed.GetValue(source)!;
            Stream stream = name == "-" ? around.In : OpenFile(name);
            await using (stream.ConfigureAwait(false))
            {
                ImportResult result = await cache.ImportAsync(stream, cancellationToken).ConfigureAwait(false);
                // One good line makes an export of it; none at all, another file that was named by mistake.
                bool isExport = result.Imported + result.LeftOut > 0 || !result.Faults.Any(fault => fault.StartsWith("line ", StringComparison.Ordinal));
                if (!isExport)
                {
                    await around.Error.WriteLineAsync($"{name}: this is no export of policies ({result.Faults[0]}).").ConfigureAwait(false);
                }

                if (parsed.GetValue(json))
                {
                    await around.Out.WriteLineAsync(Json.Write(new ImportedLine(name, result.Imported, result.LeftOut, result.Faults), Json.Lines.ImportedLine)).ConfigureAwait(false);
                }
                else if (isExport)
                {
                    IPaper paper = Common.Paper(around);
                    string leftOut = result.LeftOut == 0 ? "" : FormattableString.Invariant($"; {result.LeftOut} left out: expired, or the store has the same fetch or a later one");
                    string faulty = result.Faults.Count == 0 ? "" : FormattableString.Invariant($"; {result.Faults.Count}{(result.Faults.Count == MostFaults ? " or more" : "")} not readable:");
                    paper.Paragraph(0, FormattableString.Invariant($"{result.Imported} imported{leftOut}{faulty}"), Tone.Strong);
                    foreach (string fault in result.Faults.Take(ShownFaults))
                    {
                        paper.Paragraph(2, fault, Tone.Bad);
                    }

                    if (result.Faults.Count > ShownFaults)
                    {
                        paper.Paragraph(2, FormattableString.Invariant($"and {result.Faults.Count - ShownFaults}{(result.Faults.Count == MostFaults ? " or more" : "")} more"), Tone.Bad);
                    }
                }

                return isExport ? result.Faults.Count == 0 ? ExitCode.Good : ExitCode.Findings : ExitCode.Usage;
            }
        }, cancellationToken));
        return command;
    }

    private static FileStream OpenFile(string name)
    {
        try
        {
            return File.OpenRead(name);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{name}: {(failure is FileNotFoundException or DirectoryNotFoundException ? "there is no such file." : failure.Message)}");
        }
    }

    private static async Task<int> WithAsync(Surroundings around, string path, bool mustExist, MailDelivererOptions options, Func<PolicyCache, Task<int>> act, CancellationToken cancellationToken)
    {
        using SqlitePolicyStore store = PolicyStoreFile.Open(path, mustExist, around);
        var deliverer = new MailDeliverer(options, around.Clock, policyStore: store);
        await using (deliverer.ConfigureAwait(false))
        {
            await PolicyStoreFile.LoadAsync(deliverer, cancellationToken).ConfigureAwait(false);
            return await act(deliverer.Policies.Cache).ConfigureAwait(false);
        }
    }

    private static void TellEmpty(Surroundings around, string path) => Common.Paper(around).Paragraph(0, $"There are no policies in {path}.");

    private static int Tell(Surroundings around, PolicyDiscovery discovery, Refreshed refreshed, bool json)
    {
        string domain = discovery.PolicyDomain!.Value;
        if (json)
        {
            around.Out.WriteLine(Json.Write(new RefreshedLine(domain, refreshed.Outcome, discovery.Policy is { } policy ? PolicyText.Name(policy.Mode) : null, discovery.InForce?.Id, refreshed.Fault, refreshed.Finding), Json.Lines.RefreshedLine));
            return refreshed.ExitCode;
        }

        IPaper paper = Common.Paper(around);
        string inForce = discovery.Policy is { } known ? $", mode {PolicyText.Name(known.Mode)}, id {discovery.InForce!.Id}" : "";
        string why = refreshed.Fault is null ? "" : $": {refreshed.Fault}{(refreshed.Finding is null ? "" : $" ({refreshed.Finding})")}";
        paper.Heading(domain + ":", refreshed.Outcome + inForce + why, refreshed.Outcome switch { "fetched" => Tone.Good, "kept" => Tone.Caution, _ => Tone.Bad });
        if (refreshed.Advice is { } advice)
        {
            paper.Paragraph(2, "→ " + FindingText.Sentence(advice));
        }

        return refreshed.ExitCode;
    }

    private static StoredLine LineOf(KnownPolicy known, DateTimeOffset now, bool withText)
    {
        StsPolicy policy = known.Policy.Policy;
        return new StoredLine(
            known.Domain.Value, PolicyText.Name(policy.Mode), known.Policy.Id, (long)policy.MaxAge.TotalSeconds, [.. policy.Mx.Select(pattern => pattern.ToString())],
            known.Policy.FetchedAt, known.Policy.ExpiresAt, !known.Policy.HoldsAt(now), known.LastUsedAt, known.IsPinned, withText ? policy.Text : null);
    }

    private static Option<string?> Store()
    {
        Option<string?> store = PolicyStoreFile.Option();
        store.Description = "The file that keeps the policies.";
        store.Required = true;
        return store;
    }

    private static Argument<string[]> Domains(ArgumentArity arity, string description) => new("DOMAIN") { Description = description, Arity = arity };
}
