using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Routing;

/// <summary>Where mail for a domain goes.</summary>
public sealed class RoutingOptions
{
    /// <summary>The port of MX hosts. 25 unless set. RFC 5321 §2.3.5.</summary>
    public int Port { get; set; } = 25;

    /// <summary>How many MX hosts of one domain are considered. Ten unless set; 1 to 100.</summary>
    public int MaxHosts { get; set; } = 10;

    /// <summary>How many addresses of one MX host are tried. Four unless set; 1 to 32. RFC 5321 §5.1 wants at least two.</summary>
    public int MaxAddressesPerHost { get; set; } = 4;

    /// <summary>Chooses a smart host for a recipient domain; <see langword="null"/> (for all, unless set) means the domain's own MX hosts.</summary>
    /// <remarks>The smart host's domain is then the policy domain. RFC 8461 §3.4.</remarks>
    public Func<DomainName, SmartHost?>? SmartHost { get; set; }

    /// <summary>Names of this sender in MX records: those of the same or a worse preference are not used. Empty unless set. RFC 5321 §5.1.</summary>
    /// <remarks>For relays that are themselves an MX host of a domain that they deliver to; keeps mail from looping.</remarks>
    public IList<DomainName> LocalNames { get; } = [];

    internal IEnumerable<string> Validate()
    {
        if (Port is < 1 or > 65535)
        {
            yield return $"Routing.Port is {Port}; use 1 to 65535.";
        }

        if (MaxHosts is < 1 or > 100)
        {
            yield return $"Routing.MaxHosts is {MaxHosts}; use 1 to 100.";
        }

        if (MaxAddressesPerHost is < 1 or > 32)
        {
            yield return $"Routing.MaxAddressesPerHost is {MaxAddressesPerHost}; use 1 to 32.";
        }
    }
}
