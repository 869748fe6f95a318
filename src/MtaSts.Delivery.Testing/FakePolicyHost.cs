using System.Net;
using System.Security.Authentication;
using MtaSts.Delivery.Testing.Https;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing;

/// <summary>The HTTPS server <c>mta-sts.domain</c> that publishes a policy: its address, its certificate, its faults, and the requests it saw.</summary>
/// <remarks>Everything may be changed at any time and holds from the next request on.</remarks>
public sealed partial class FakePolicyHost
{
    private const int HttpsPort = 443;
    private readonly FakeInternet _internet;
    private readonly Log<PolicyRequest> _requests = new();
    private readonly Lock _gate = new();
    private readonly List<IPAddress> _addresses = [];
    private PolicyResponse _response = new();
    private byte[]? _policyText;
    private volatile bool _isDown;

    internal FakePolicyHost(FakeInternet internet, string name)
    {
        _internet = internet;
        Name = name;
        Tls = new TlsServer(_internet.Authority, name);
        Address(_internet.Network.Addresses.NextV4());
    }

    /// <summary>The name of the host.</summary>
    public string Name { get; }

    /// <summary>The requests that came, in order of time.</summary>
    public IReadOnlyList<PolicyRequest> Requests => _requests.Snapshot();

    /// <summary>The addresses at which the host stands.</summary>
    public IReadOnlyList<IPAddress> Addresses
    {
        get
        {
            lock (_gate)
            {
                return [.. _addresses];
            }
        }
    }

    internal TlsServer Tls { get; }

    internal bool IsDown => _isDown;

    internal byte[]? PolicyText
    {
        get => Volatile.Read(ref _policyText);
        set => Volatile.Write(ref _policyText, value);
    }

    internal PolicyResponse Response
    {
        get
        {
            lock (_gate)
            {
                return _response;
            }
        }
    }

    /// <summary>Replaces the addresses of the host by this one. Policy hosts may share an address; the server name tells them apart.</summary>
    public FakePolicyHost Address(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        Leave();
        Stand(address);
        _internet.Dns.Address(Name, address);
        return this;
    }

    /// <summary>Adds an address, a fresh IPv4 address unless one is given.</summary>
    public FakePolicyHost AddAddress(IPAddress? address = null)
    {
        address ??= _internet.Network.Addresses.NextV4();
        Stand(address);
        _internet.Dns.AddAddress(Name, address);
        return this;
    }

    /// <summary>Makes the host's name an alias for a provider's. Several hosts may share the provider, and then share its addresses.</summary>
    public FakePolicyHost Cname(string provider)
    {
        IPAddress[] known = [.. _internet.Dns.RecordsOf(provider).Where(FakeDns.IsAddress).Select(record => new IPAddress(record.Content.Span))];
        if (known.Length == 0)
        {
            known = [.. Addresses];
            _internet.Dns.Address(provider, known);
        }

        Leave();
        foreach (IPAddress address in known)
        {
            Stand(address);
        }

        _internet.Dns.Cname(Name, provider);
        return this;
    }

    /// <summary>Another certificate. Each call starts from the host's good one.</summary>
    public FakePolicyHost Certificate(Func<CertificateSpec, CertificateSpec> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Tls.Certify(configure);
        return this;
    }

    /// <summary>The TLS versions that the host speaks. 1.2 and 1.3 unless set.</summary>
    public FakePolicyHost TlsVersions(SslProtocols versions)
    {
        Tls.Allow(versions);
        return this;
    }

    internal void Note(PolicyRequest request) => _requests.Add(request);

    private void Stand(IPAddress address)
    {
        var station = (PolicyStation)_internet.Network.GetOrAdd(new IPEndPoint(address, HttpsPort), endPoint => new PolicyStation(_internet.Network, endPoint));
        station.Add(this);
        station.Open();
        lock (_gate)
        {
            _addresses.Add(address);
        }
    }

    private void Leave()
    {
        lock (_gate)
        {
            foreach (IPAddress address in _addresses)
            {
                (_internet.Network.Find(new IPEndPoint(address, HttpsPort)) as PolicyStation)?.Remove(this);
            }

            _addresses.Clear();
        }
    }

    private FakePolicyHost Change(Func<PolicyResponse, PolicyResponse> change)
    {
        lock (_gate)
        {
            _response = change(_response);
        }

        return this;
    }
}
