using System.Net;

namespace MtaSts.Delivery.Dns;

/// <summary>Whose word on DNSSEC counts. RFC 6698 §4.1, RFC 4035 §4.9.3.</summary>
internal static class ResolverTrust
{
    // Both stand on loopback and only pass questions on, and with them an AD bit that came over the network:
    // Docker's resolver, and the stub of systemd-resolved for clients that ask for DNSSEC records themselves.
    private static readonly IPAddress[] Forwarders = [IPAddress.Parse("127.0.0.11"), IPAddress.Parse("127.0.0.53"), IPAddress.Parse("127.0.0.54")];

    /// <summary>Whether an AD bit from this resolver counts.</summary>
    /// <param name="resolver">Its address.</param>
    /// <param name="trusted">Those that the operator has named; when none is, the resolvers on this host count, except known forwarders.</param>
    public static bool Believes(IPAddress resolver, IReadOnlyCollection<IPAddress> trusted)
    {
        if (resolver.IsIPv4MappedToIPv6)
        {
            resolver = resolver.MapToIPv4();
        }

        return trusted.Count > 0 ? trusted.Contains(resolver) : IPAddress.IsLoopback(resolver) && !Forwarders.Contains(resolver);
    }

    /// <summary>What is wrong with asking these resolvers where security depends on the answer; <see langword="null"/> when nothing is.</summary>
    /// <remarks>All of them must be believed: else whoever silences the one that is would turn DANE off.</remarks>
    public static string? Fault(IReadOnlyCollection<IPAddress> resolvers, IReadOnlyCollection<IPAddress> trusted)
    {
        const string advice = "ask a resolver on this host that validates DNSSEC (Dns.Servers), or name in Dns.TrustedResolvers those that validate and that nobody on the way can impersonate";
        IPAddress[] others = [.. resolvers.Where(resolver => !Believes(resolver, trusted)).Distinct()];
        string names = string.Join(", ", others.Take(5));
        return resolvers.Count == 0 ? $"no resolver is known: {advice}"
            : others.Length == 0 ? null
            : $"the word of {names} on DNSSEC does not count: "
                + (trusted.Count == 0 ? advice : $"Dns.TrustedResolvers is set, so only those named in it count: name {names} as well, if it validates and nobody on the way can impersonate it");
    }
}
