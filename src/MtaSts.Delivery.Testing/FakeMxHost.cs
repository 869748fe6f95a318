using System.Net;
using System.Security.Authentication;
using MtaSts.Delivery.Testing.Network;
using MtaSts.Delivery.Testing.Smtp;

namespace MtaSts.Delivery.Testing;

/// <summary>An MX host: its addresses, its certificate, its faults, and all that it saw.</summary>
/// <remarks>Everything may be changed at any time; sessions that are under way notice with their next command.</remarks>
public sealed partial class FakeMxHost
{
    private const int SmtpPort = 25;
    private readonly FakeInternet _internet;
    private readonly MxBehaviour _behaviour;
    private readonly MxJournal _journal;
    private readonly bool _isOneAddress;
    private readonly List<IPAddress> _addresses = [];

    internal FakeMxHost(FakeInternet internet, string name)
        : this(internet, new MxBehaviour(name, new TlsServer(internet.Authority, name)), new MxJournal(), isOneAddress: false)
    {
        IPAddress[] known = [.. _internet.Dns.RecordsOf(name).Where(FakeDns.IsAddress).Select(record => new IPAddress(record.Content.Span))];
        if (known.Length == 0)
        {
            AddAddress();
        }

        foreach (IPAddress address in known)
        {
            Stand(address, _behaviour);
        }
    }

    private FakeMxHost(FakeInternet internet, MxBehaviour behaviour, MxJournal journal, bool isOneAddress)
    {
        _internet = internet;
        _behaviour = behaviour;
        _journal = journal;
        _isOneAddress = isOneAddress;
    }

    /// <summary>The name of the host.</summary>
    public string Name => _behaviour.Name;

    /// <summary>The addresses of the host, in the order of its address records.</summary>
    public IReadOnlyList<IPAddress> Addresses
    {
        get
        {
            lock (_addresses)
            {
                return [.. _addresses];
            }
        }
    }

    /// <summary>The messages that the host accepted, in order of time.</summary>
    public IReadOnlyList<ReceivedMessage> Messages => _journal.Messages.Snapshot();

    /// <summary>The sessions of the host, in order of time, those that failed early included.</summary>
    public IReadOnlyList<SmtpTranscript> Sessions => _journal.Sessions.Snapshot();

    /// <summary>Replaces the addresses of the host by this one.</summary>
    public FakeMxHost Address(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        RefuseForOneAddress();
        lock (_addresses)
        {
            _addresses.ForEach(old => _internet.Network.Remove(new IPEndPoint(old, SmtpPort)));
            _addresses.Clear();
        }

        _internet.Dns.Address(Name);
        return AddAddress(address);
    }

    /// <summary>Adds an address, a fresh IPv4 address unless one is given.</summary>
    /// <param name="address">The address.</param>
    /// <param name="behaviour">
    /// What is different at this address. It starts from the host's behaviour so far, and later changes to the host do
    /// not reach it. Messages and sessions are kept with the host.
    /// </param>
    public FakeMxHost AddAddress(IPAddress? address = null, Action<FakeMxHost>? behaviour = null)
    {
        RefuseForOneAddress();
        address ??= _internet.Network.Addresses.NextV4();
        MxBehaviour there = _behaviour;
        if (behaviour is not null)
        {
            there = there.Copy();
            behaviour(new FakeMxHost(_internet, there, _journal, isOneAddress: true));
        }

        Stand(address, there);
        _internet.Dns.AddAddress(Name, address);
        return this;
    }

    /// <summary>Adds a fresh IPv6 address.</summary>
    public FakeMxHost IPv6() => AddAddress(_internet.Network.Addresses.NextV6());

    /// <summary>Another certificate. Each call starts from the host's good one.</summary>
    public FakeMxHost Certificate(Func<CertificateSpec, CertificateSpec> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        _behaviour.Tls.Certify(configure);
        return this;
    }

    /// <summary>The TLS versions that the host speaks. 1.2 and 1.3 unless set.</summary>
    public FakeMxHost TlsVersions(SslProtocols versions)
    {
        _behaviour.Tls.Allow(versions);
        return this;
    }

    /// <summary>The extensions in reply to EHLO, before and after TLS. STARTTLS is added by itself before TLS.</summary>
    public FakeMxHost Capabilities(params string[] capabilities) => CapabilitiesBeforeTls(capabilities).CapabilitiesAfterTls(capabilities);

    /// <summary>The extensions in reply to EHLO in clear. STARTTLS is added by itself.</summary>
    public FakeMxHost CapabilitiesBeforeTls(params string[] capabilities) => Change(mx => mx.CapabilitiesBeforeTls = [.. capabilities]);

    /// <summary>The extensions in reply to EHLO under TLS, exactly these.</summary>
    public FakeMxHost CapabilitiesAfterTls(params string[] capabilities) => Change(mx => mx.CapabilitiesAfterTls = [.. capabilities]);

    internal FakeInternet Owner => _internet;

    private FakeMxHost Change(Action<MxBehaviour> change)
    {
        change(_behaviour);
        return this;
    }

    private void Stand(IPAddress address, MxBehaviour there)
    {
        var endPoint = new IPEndPoint(address, SmtpPort);
        var station = new MxStation(_internet.Network, there, _journal, endPoint);
        Station standing = _internet.Network.GetOrAdd(endPoint, _ => station);
        if (!ReferenceEquals(standing, station))
        {
            string other = standing is MxStation mx ? mx.Host : "another host";
            throw new InvalidOperationException(
                $"{address} belongs to {other} already, so {Name} cannot have it. For one server with two names, let the second name's DNS lead to the first: Dns.Address(\"{Name}\", …) or Dns.Cname.");
        }

        station.Open();
        lock (_addresses)
        {
            _addresses.Add(address);
        }
    }

    private void RefuseForOneAddress()
    {
        if (_isOneAddress)
        {
            throw new InvalidOperationException("This is one address of a host; addresses are given to the host itself.");
        }
    }
}
