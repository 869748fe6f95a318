using System.Net;

namespace MtaSts.Delivery.Network;

/// <summary>How connections to MX hosts and policy hosts are made.</summary>
public sealed class NetworkOptions
{
    /// <summary>Whether loopback, private and link-local addresses may be connected to. Off unless set: strangers choose these addresses.</summary>
    public bool AllowPrivateAddresses { get; set; }

    /// <summary>Whether IPv6 addresses are used. On unless set; turn it off on a host without IPv6.</summary>
    public bool UseIPv6 { get; set; } = true;

    /// <summary>Whether IPv4 addresses are used. On unless set.</summary>
    public bool UseIPv4 { get; set; } = true;

    /// <summary>How long one TCP connection may take to come up. Thirty seconds unless set; 0.1 s to 5 min.</summary>
    public TimeSpan ConnectTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The local address to connect from, for each family that is listed. Empty unless set: the system chooses.</summary>
    public IList<IPAddress> LocalAddresses { get; } = [];

    /// <summary>This sender's addresses as others see them, for each family that is listed: for TLS reports behind address translation. Empty unless set.</summary>
    public IList<IPAddress> PublicAddresses { get; } = [];

    /// <summary>Replaces the endpoint that is connected to, after it was judged: for tests and for port forwarding. None unless set.</summary>
    public Func<IPEndPoint, IPEndPoint>? EndPointMap { get; set; }

    internal IEnumerable<string> Validate()
    {
        if (!UseIPv4 && !UseIPv6)
        {
            yield return "Network.UseIPv4 and Network.UseIPv6 are both off; turn at least one on.";
        }

        if (ConnectTimeout < TimeSpan.FromMilliseconds(100) || ConnectTimeout > TimeSpan.FromMinutes(5))
        {
            yield return $"Network.ConnectTimeout is {ConnectTimeout}; use 0.1 seconds to 5 minutes.";
        }
    }
}
