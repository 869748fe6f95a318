using System.Net;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Network;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery;

/// <summary>How mail is delivered. Every default is the safe one; the options of each stage stand together.</summary>
public sealed class MailDelivererOptions
{
    /// <summary>This host's name for EHLO: a fully qualified domain name that leads back to it. RFC 5321 §4.1.1.1.</summary>
    /// <remarks>Unless set: the system's name when it is fully qualified, otherwise the address literal of the connection, which many servers distrust.</remarks>
    public string? EhloName { get; set; }

    /// <summary>How many domains of one delivery are served at the same time. Twenty unless set; 1 to 1,000.</summary>
    public int MaxConcurrentDomains { get; set; } = 20;

    /// <summary>What this sender has decided about single domains by itself. Empty unless set.</summary>
    public IList<DeliveryOverride> Overrides { get; } = [];

    /// <summary>How names are looked up.</summary>
    public DnsOptions Dns { get; } = new();

    /// <summary>How connections are made.</summary>
    public NetworkOptions Network { get; } = new();

    /// <summary>What certificates are measured by.</summary>
    public CertificateOptions Certificates { get; } = new();

    /// <summary>Where mail goes.</summary>
    public RoutingOptions Routing { get; } = new();

    /// <summary>How policies are found, fetched and kept.</summary>
    public PolicyOptions Policies { get; } = new();

    /// <summary>DANE: whether MX hosts are held to their TLSA records. Off unless set.</summary>
    public DaneOptions Dane { get; } = new();

    /// <summary>TLS with MX hosts.</summary>
    public TlsOptions Tls { get; } = new();

    /// <summary>Deadlines and limits of SMTP sessions.</summary>
    public SessionOptions Sessions { get; } = new();

    /// <summary>Sessions with MX hosts, which are kept for the next message.</summary>
    public PoolOptions Pool { get; } = new();

    /// <summary>How fast mail is handed over.</summary>
    public PacingOptions Pacing { get; } = new();

    /// <summary>Everything that is wrong with these options, each with the value and what to do; none when they are good.</summary>
    public IEnumerable<string> Validate()
    {
        IEnumerable<string> own = EhloName is not null && !IsEhloName(EhloName)
            ? [$"EhloName is '{EhloName}'; use a fully qualified domain name such as mail.example.com, or an address literal such as [192.0.2.1]."]
            : [];
        if (MaxConcurrentDomains is < 1 or > 1000)
        {
            own = own.Append($"MaxConcurrentDomains is {MaxConcurrentDomains}; use 1 to 1000.");
        }

        if (Dane.IsOn && Dns.Servers.Count > 0 && DaneFault(Dns.Servers.OfType<IPEndPoint>().Select(server => server.Address)) is { } fault)
        {
            own = own.Append(fault);
        }

        return own.Concat(DeliveryOverride.Validate(Overrides, Dane.IsOn)).Concat(Dns.Validate()).Concat(Dane.Validate()).Concat(Network.Validate()).Concat(Routing.Validate()).Concat(Policies.Validate()).Concat(Tls.Validate()).Concat(Sessions.Validate()).Concat(Pool.Validate()).Concat(Pacing.Validate());
    }

    /// <summary>What is wrong with DANE by these resolvers; <see langword="null"/> when nothing is.</summary>
    internal string? DaneFault(IEnumerable<IPAddress> resolvers) => ResolverTrust.Fault([.. resolvers], [.. Dns.TrustedResolvers]) is { } fault
        ? $"Dane.Mode is {Dane.Mode}, but {fault}."
        : null;

    private static bool IsEhloName(string text) => text.StartsWith('[')
        ? text.EndsWith(']') && IPAddress.TryParse(text[1..^1].Replace("IPv6:", "", StringComparison.OrdinalIgnoreCase), out _)
        : DomainName.TryParse(text, out DomainName? name) && name.IsHostName && name.Parent is not null;
}
