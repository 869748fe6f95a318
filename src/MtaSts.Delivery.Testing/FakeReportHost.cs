using System.Net;
using MtaSts.Delivery.Testing.Https;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing;

/// <summary>An HTTPS server that takes TLS reports (RFC 8460 §5.4): its certificate, its faults, and the requests it saw.</summary>
/// <remarks>It answers 201 unless told otherwise. Everything may be changed at any time and holds from the next request on.</remarks>
public sealed class FakeReportHost
{
    private const int HttpsPort = 443;
    private readonly Log<ReportRequest> _requests = new();
    private volatile ReportResponse _response = ReportResponse.Usual;

    internal FakeReportHost(FakeInternet internet, string name)
    {
        Name = name;
        Tls = new TlsServer(internet.Authority, name);
        IPAddress address = internet.Network.Addresses.NextV4();
        internet.Network.GetOrAdd(new IPEndPoint(address, HttpsPort), endPoint => new ReportStation(internet.Network, endPoint, this));
        internet.Dns.Address(name, address);
    }

    /// <summary>The name of the host.</summary>
    public string Name { get; }

    /// <summary>The requests that came whole, in order of time, refused ones included.</summary>
    public IReadOnlyList<ReportRequest> Requests => _requests.Snapshot();

    internal TlsServer Tls { get; }

    internal ReportResponse Response => _response;

    /// <summary>Answers with another status.</summary>
    public FakeReportHost Status(int status) => Answer(new ReportResponse(status, null, false));

    /// <summary>Answers with a redirect.</summary>
    public FakeReportHost Redirect(int status, string location) => Answer(new ReportResponse(status, location, false));

    /// <summary>Takes the whole request and never answers.</summary>
    public FakeReportHost Stall() => Answer(new ReportResponse(0, null, true));

    /// <summary>Answers one octet at a time.</summary>
    public FakeReportHost Drip(TimeSpan interval) => Answer(ReportResponse.Usual with { DripInterval = interval });

    /// <summary>Answers with header fields that do not end.</summary>
    public FakeReportHost HugeHeaders() => Answer(ReportResponse.Usual with { HasHugeHeaders = true });

    /// <summary>Answers with a body that does not end.</summary>
    public FakeReportHost Endless() => Answer(ReportResponse.Usual with { IsEndless = true });

    /// <summary>Another certificate. Each call starts from the host's good one.</summary>
    public FakeReportHost Certificate(Func<CertificateSpec, CertificateSpec> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        Tls.Certify(configure);
        return this;
    }

    /// <summary>Answers 201 again, with a good certificate.</summary>
    public FakeReportHost Healthy()
    {
        Tls.Heal();
        return Answer(ReportResponse.Usual);
    }

    internal void Note(ReportRequest request) => _requests.Add(request);

    private FakeReportHost Answer(ReportResponse response)
    {
        _response = response;
        return this;
    }
}
