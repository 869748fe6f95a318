using System.Net;
using System.Net.Sockets;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Routing;

/// <summary>Finds the hosts that take mail for a domain. RFC 5321 §5.1.</summary>
internal sealed class RouteResolver(IDnsResolver dns, RoutingOptions options, bool useIPv4, bool useIPv6, Random random)
{
    private readonly int _port = options.Port;
    private readonly int _maxHosts = options.MaxHosts;
    private readonly int _maxAddresses = options.MaxAddressesPerHost;
    private readonly Func<DomainName, SmartHost?>? _smartHost = options.SmartHost;
    private readonly DomainName[] _localNames = [.. options.LocalNames];

    /// <summary>The smart host for a recipient domain, if one is configured.</summary>
    public SmartHost? SmartHostFor(DomainName domain) => _smartHost?.Invoke(domain);

    /// <summary>The route to an address literal. RFC 5321 §4.1.3.</summary>
    public Route ToLiteral(IPAddress literal) => new Route.ToHosts([new MxCandidate(null, literal, 0, _port)], RouteOrigin.AddressLiteral, []);

    /// <summary>The route to a domain, through the smart host when one is given.</summary>
    public async Task<Route> ResolveAsync(DomainName domain, SmartHost? smartHost, CancellationToken cancellationToken)
    {
        if (smartHost is { UseMx: false })
        {
            // The operator's own word needs no DNSSEC.
            return new Route.ToHosts([new MxCandidate(smartHost.Host, null, 0, smartHost.Port)], RouteOrigin.SmartHost, []) { NextHop = smartHost.Host, IsAuthenticated = true };
        }

        DomainName target = smartHost?.Host ?? domain;
        int port = smartHost?.Port ?? _port;
        return await dns.LookUpMxAsync(target, cancellationToken).ConfigureAwait(false) switch
        {
            DnsAnswer<MxRecord>.Found found => FromRecords(target, found, port),
            DnsAnswer<MxRecord>.NoRecords { NameExists: false } => new Route.NoMail(NoMailReason.DomainNotFound, $"the domain {target} does not exist"),
            DnsAnswer<MxRecord>.NoRecords none => await ImplicitAsync(target, port, none.IsAuthenticated, cancellationToken).ConfigureAwait(false),
            DnsAnswer<MxRecord>.Unavailable unavailable => new Route.Unavailable($"the MX look-up for {target} failed: {unavailable.Reason}"),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>The addresses of a candidate in the order to try them, at most as many as the options say.</summary>
    public async Task<HostAddresses> AddressesAsync(MxCandidate candidate, CancellationToken cancellationToken)
    {
        if (candidate.Literal is { } literal)
        {
            return new HostAddresses.Found([literal]);
        }

        // Both families at the same time.
        Task<DnsAnswer<IPAddress>>? six = useIPv6 ? dns.LookUpAddressesAsync(candidate.Host!, AddressFamily.InterNetworkV6, cancellationToken) : null;
        Task<DnsAnswer<IPAddress>>? four = useIPv4 ? dns.LookUpAddressesAsync(candidate.Host!, AddressFamily.InterNetwork, cancellationToken) : null;
        var answers = new List<DnsAnswer<IPAddress>>(2);
        if (six is not null)
        {
            answers.Add(await six.ConfigureAwait(false));
        }

        if (four is not null)
        {
            answers.Add(await four.ConfigureAwait(false));
        }

        if (answers is [DnsAnswer<IPAddress>.Found { Records: [var only] } lone])
        {
            return new HostAddresses.Found([only]) { CanonicalName = lone.CanonicalName, IsAuthenticated = lone.IsAuthenticated };
        }

        DnsAnswer<IPAddress>.Found[] found = [.. answers.OfType<DnsAnswer<IPAddress>.Found>()];
        if (found.Length > 0)
        {
            // Both families are in one zone; should one answer say less than the other, the one that says more is held to.
            DnsAnswer<IPAddress>.Found best = Array.Find(found, answer => answer.IsAuthenticated) ?? found[0];
            return new HostAddresses.Found([.. Interleave([.. found.Select(answer => answer.Records.Distinct().ToArray())]).Take(_maxAddresses)])
            {
                CanonicalName = best.CanonicalName,
                IsAuthenticated = best.IsAuthenticated,
            };
        }

        return answers.OfType<DnsAnswer<IPAddress>.Unavailable>().FirstOrDefault() is { } failed
            ? new HostAddresses.Unavailable($"the address look-up for {candidate.Name} failed: {failed.Reason}")
            : new HostAddresses.None(answers.OfType<DnsAnswer<IPAddress>.NoRecords>().All(answer => !answer.NameExists)
                ? $"{candidate.Name} does not exist"
                : $"{candidate.Name} has no address");
    }

    private Route FromRecords(DomainName domain, DnsAnswer<MxRecord>.Found found, int port)
    {
        Route route = RouteRules.FromRecords(domain, found.Records, port, _maxHosts, _localNames, random);
        return route is Route.ToHosts hosts
            ? hosts with { NextHop = domain, IsAuthenticated = found.IsAuthenticated, ExpandedNextHop = found.IsAuthenticated ? found.CanonicalName : null }
            : route;
    }

    private async Task<Route> ImplicitAsync(DomainName domain, int port, bool isAuthenticated, CancellationToken cancellationToken)
    {
        var candidate = new MxCandidate(domain, null, 0, port);
        return await AddressesAsync(candidate, cancellationToken).ConfigureAwait(false) switch
        {
            HostAddresses.Found => new Route.ToHosts([candidate], RouteOrigin.ImplicitMx, []) { NextHop = domain, IsAuthenticated = isAuthenticated },
            HostAddresses.None => new Route.NoMail(NoMailReason.NoMailHost, $"{domain} has neither MX nor address records"),
            HostAddresses.Unavailable unavailable => new Route.Unavailable(unavailable.Detail),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    // One of each family in turn, so that a family that does not work cannot use up all the places.
    private static IEnumerable<IPAddress> Interleave(IPAddress[][] families) =>
        Enumerable.Range(0, families.Max(family => family.Length)).SelectMany(i => families.Where(family => i < family.Length).Select(family => family[i]));
}
