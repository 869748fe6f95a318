using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Cli.Checks;

/// <summary>Collects the evidence about one domain: the sender's own plan, and what a sender does not look at but its owner wants to know.</summary>
/// <param name="options">Makes the options of a deliverer.</param>
/// <param name="clock">The clock.</param>
internal sealed class DomainCheck(Func<MailDelivererOptions> options, TimeProvider clock)
{
    private const int MaxPolicyHostAddresses = 4;
    private static readonly AddressFamily[] Families = [AddressFamily.InterNetworkV6, AddressFamily.InterNetwork];

    /// <summary>Collects; the only exception is the caller's cancellation.</summary>
    public async Task<Evidence> RunAsync(DomainName domain, bool connect, CancellationToken cancellationToken)
    {
        MailDelivererOptions settings = options();
        (settings.Routing.MaxHosts, settings.Routing.MaxAddressesPerHost) = (VerdictRules.MaxHosts, VerdictRules.MaxAddressesPerHost);
        var dns = new RecordingResolver(new DnsClientResolver(settings.Dns, clock));
        var deliverer = new MailDeliverer(settings, clock, dns);
        await using (deliverer.ConfigureAwait(false))
        {
            Task<DeliveryPlan> plan = deliverer.PlanAsync(EnvelopeAddress.Parse("postmaster@" + domain), connect, cancellationToken);
            Task<(IReadOnlyList<(IPAddress?, PolicyProbe)> Fetches, DomainName? Alias)> fetches = FetchAsync(domain, settings, dns, cancellationToken);
            DomainName? recordName = domain.Prepend("_mta-sts"), tlsRecordName = domain.Prepend("_smtp._tls");
            DnsAnswer<TxtRecord>? record = recordName is null ? null : await dns.LookUpTxtAsync(recordName, cancellationToken).ConfigureAwait(false);
            DnsAnswer<TxtRecord>? tlsRecord = tlsRecordName is null ? null : await dns.LookUpTxtAsync(tlsRecordName, cancellationToken).ConfigureAwait(false);
            DnsAnswer<MxRecord> mx = await dns.LookUpMxAsync(domain, cancellationToken).ConfigureAwait(false);
            DeliveryPlan planned = await plan.ConfigureAwait(false);
            (IReadOnlyList<(IPAddress?, PolicyProbe)> served, DomainName? alias) = await fetches.ConfigureAwait(false);
            return new Evidence(
                domain, planned, connect, record,
                HoldsCandidate(record) ? [] : await MisplacedAsync(domain, dns, cancellationToken).ConfigureAwait(false),
                HoldsCandidate(record) && domain.Prepend("_no-such-name-7f3a") is { } unknown && HoldsCandidate(await dns.LookUpTxtAsync(unknown, cancellationToken).ConfigureAwait(false)),
                served, alias, mx, await AliasesAsync(planned, settings, dns, cancellationToken).ConfigureAwait(false),
                await UnsignedTlsaAsync(planned, dns, cancellationToken).ConfigureAwait(false), tlsRecord, clock.GetUtcNow());
        }
    }

    private async Task<(IReadOnlyList<(IPAddress? Address, PolicyProbe Probe)> Fetches, DomainName? Alias)> FetchAsync(
        DomainName domain, MailDelivererOptions settings, RecordingResolver dns, CancellationToken cancellationToken)
    {
        if (domain.Prepend("mta-sts") is not { } host)
        {
            return ([], null);
        }

        DnsAnswer<IPAddress>.Found[] found = await AddressesAsync(host, settings, dns, cancellationToken).ConfigureAwait(false);
        IPAddress?[] addresses = [.. found.SelectMany(answer => answer.Records).Distinct().Take(MaxPolicyHostAddresses)];
        (IPAddress?, PolicyProbe)[] fetches = await Task.WhenAll((addresses.Length == 0 ? [null] : addresses).Select(async address =>
        {
            var deliverer = new MailDeliverer(options(), clock, address is null ? dns : new OneAddressResolver(dns, host, address));
            await using (deliverer.ConfigureAwait(false))
            {
                return (address, await deliverer.ProbePolicyHostAsync(domain, cancellationToken).ConfigureAwait(false));
            }
        })).ConfigureAwait(false);
        return (fetches, found.Select(answer => answer.CanonicalName).FirstOrDefault(name => name != host));
    }

    private static async Task<DnsAnswer<IPAddress>.Found[]> AddressesAsync(DomainName host, MailDelivererOptions settings, RecordingResolver dns, CancellationToken cancellationToken)
    {
        IEnumerable<AddressFamily> families = Families.Where(family => family == AddressFamily.InterNetworkV6 ? settings.Network.UseIPv6 : settings.Network.UseIPv4);
        return [.. (await Task.WhenAll(families.Select(family => dns.LookUpAddressesAsync(host, family, cancellationToken))).ConfigureAwait(false)).OfType<DnsAnswer<IPAddress>.Found>()];
    }

    private static async Task<IReadOnlyList<DomainName>> MisplacedAsync(DomainName domain, RecordingResolver dns, CancellationToken cancellationToken)
    {
        var found = new List<DomainName>();
        foreach (DomainName name in (DomainName?[])[domain, domain.Prepend("mta-sts")] is var names ? names.OfType<DomainName>() : [])
        {
            if (HoldsCandidate(await dns.LookUpTxtAsync(name, cancellationToken).ConfigureAwait(false)))
            {
                found.Add(name);
            }
        }

        return found;
    }

    private static async Task<IReadOnlyDictionary<string, DomainName>> AliasesAsync(DeliveryPlan plan, MailDelivererOptions settings, RecordingResolver dns, CancellationToken cancellationToken)
    {
        var aliases = new Dictionary<string, DomainName>(StringComparer.Ordinal);
        foreach (DomainName host in plan.Hosts.Select(one => one.Candidate.Host).OfType<DomainName>())
        {
            foreach (DnsAnswer<IPAddress>.Found found in await AddressesAsync(host, settings, dns, cancellationToken).ConfigureAwait(false))
            {
                if (found.CanonicalName != host)
                {
                    aliases[host.Value] = found.CanonicalName;
                }
            }
        }

        return aliases;
    }

    /// <summary>What a sender never asks, as some servers of unsigned zones do not answer; whoever checks can wait.</summary>
    private static async Task<IReadOnlySet<string>> UnsignedTlsaAsync(DeliveryPlan plan, RecordingResolver dns, CancellationToken cancellationToken)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        foreach (HostPlan host in plan.Hosts.Where(host => host.WithoutDane is not null))
        {
            if (host.Candidate.Host!.Prepend(FormattableString.Invariant($"_{host.Candidate.Port}._tcp")) is { } owner
                && await dns.LookUpTlsaAsync(owner, cancellationToken).ConfigureAwait(false) is DnsAnswer<TlsaRecord>.Found { IsAuthenticated: false })
            {
                found.Add(host.Candidate.Name);
            }
        }

        return found;
    }

    private static bool HoldsCandidate(DnsAnswer<TxtRecord>? answer) =>
        answer is DnsAnswer<TxtRecord>.Found found && found.Records.Any(record => record.Text.StartsWith("v=STSv1", StringComparison.Ordinal));
}
