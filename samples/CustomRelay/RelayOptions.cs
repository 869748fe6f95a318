using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace CustomRelay;

/// <summary>What the relay's server does and does not.</summary>
internal sealed class RelayOptions
{
    /// <summary>Where it listens.</summary>
    public IPEndPoint EndPoint { get; set; } = new(IPAddress.Loopback, 2525);

    /// <summary>Its full name, for the greeting and in Received fields.</summary>
    public string HostName { get; set; } = "relay.example";

    /// <summary>The domain to whose postmaster mail for <c>postmaster</c> goes: the host's parent.</summary>
    public string Domain => HostName[(HostName.IndexOf('.', StringComparison.Ordinal) + 1)..];

    /// <summary>Its certificate, for STARTTLS.</summary>
    public required X509Certificate2 Certificate { get; set; }

    /// <summary>Whose mail it relays: nobody's unless set. This list is all that stands between the relay and the world's spam, so it names single hosts or networks of your own.</summary>
    public IList<IPNetwork> RelayFor { get; } = [];

    /// <summary>The longest message, in octets.</summary>
    public int MaxMessageSize { get; set; } = 10 << 20;

    /// <summary>The most recipients of one message. RFC 5321 §4.5.3.1.8 asks for 100 at least.</summary>
    public int MaxRecipients { get; set; } = 1000;

    /// <summary>The most sessions at the same time.</summary>
    public int MaxSessions { get; set; } = 200;

    /// <summary>How long the client may keep the relay waiting. RFC 5321 §4.5.3.2.7.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long one session may last.</summary>
    public TimeSpan MaxSession { get; set; } = TimeSpan.FromHours(1);
}
