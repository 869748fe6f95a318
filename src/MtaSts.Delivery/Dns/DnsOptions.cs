using System.Net;

namespace MtaSts.Delivery.Dns;

/// <summary>How names are looked up.</summary>
public sealed class DnsOptions
{
    /// <summary>The recursive resolvers to ask, in order. Empty unless set: the system's.</summary>
    /// <remarks>A resolver on this host is best: plain DNS over a network can be forged. When one has no answer the next is asked, and only those that said nothing once more; one that was silent, also for other names, is asked last for a minute.</remarks>
    public IList<IPEndPoint> Servers { get; } = [];

    /// <summary>The resolvers whose word on DNSSEC counts: what their AD bit says (RFC 4035 §3.2.3) is what DANE goes by. Empty unless set: those on this host, at a loopback address,
    /// except 127.0.0.11, 127.0.0.53 and 127.0.0.54, which usually pass on what others say.</summary>
    /// <remarks>By naming a resolver the operator states that it validates, and that nobody on the way to it can change its answers: RFC 6698 §4.1 asks for both.</remarks>
    public IList<IPAddress> TrustedResolvers { get; } = [];

    /// <summary>Whether resolvers are asked over TCP only (RFC 7766). Off unless set; on wherever DANE is: over UDP an answer can come from anybody who guesses a port and a number, even for a resolver on this host, so no AD bit counts there.</summary>
    public bool UseTcpOnly { get; set; }

    /// <summary>How long one question to one server may take. Five seconds unless set, the usual resolver time-out; 0.1 s to 1 min.</summary>
    public TimeSpan QueryTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one look-up may take with all retries, servers and CNAME steps. When there are more servers than fit into it one after another, each is waited for that much shorter. Over TCP only it begins when the look-up has its turn, as six do at a time. Twenty seconds unless set; at least <see cref="QueryTimeout"/>, at most 5 min.</summary>
    public TimeSpan LookupTimeout { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>How many answers about MX hosts, their addresses and TLSA records are remembered. 100,000 unless set; 0 (none) to 10,000,000. Each takes some 500 octets.</summary>
    public int CacheSize { get; set; } = 100_000;

    /// <summary>How long such an answer is remembered at most; less if its TTL says so. One hour unless set; zero to 1 day.</summary>
    public TimeSpan MaxCacheTime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether the word of a resolver on DNSSEC counts, by <see cref="TrustedResolvers"/>.</summary>
    public bool Believes(IPAddress resolver)
    {
        ArgumentNullException.ThrowIfNull(resolver);
        return ResolverTrust.Believes(resolver, [.. TrustedResolvers]);
    }

    internal IEnumerable<string> Validate()
    {
        if (TrustedResolvers.Contains(null!))
        {
            yield return "Dns.TrustedResolvers contains null.";
        }

        if (CacheSize is < 0 or > 10_000_000)
        {
            yield return FormattableString.Invariant($"Dns.CacheSize is {CacheSize}; use 0 to 10000000.");
        }

        if (MaxCacheTime < TimeSpan.Zero || MaxCacheTime > TimeSpan.FromDays(1))
        {
            yield return $"Dns.MaxCacheTime is {MaxCacheTime}; use 0 seconds to 1 day.";
        }

        if (QueryTimeout < TimeSpan.FromMilliseconds(100) || QueryTimeout > TimeSpan.FromMinutes(1))
        {
            yield return $"Dns.QueryTimeout is {QueryTimeout}; use 0.1 seconds to 1 minute.";
        }

        if (LookupTimeout < QueryTimeout || LookupTimeout > TimeSpan.FromMinutes(5))
        {
            yield return $"Dns.LookupTimeout is {LookupTimeout}; use at least Dns.QueryTimeout ({QueryTimeout}) and at most 5 minutes.";
        }
    }
}
