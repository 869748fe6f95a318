using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery.Testing;

public sealed partial class FakeInternet
{
    /// <summary>Points options at this internet: its DNS, its hosts, its certificate authority.</summary>
    /// <param name="options">The options to change.</param>
    public void Configure(MailDelivererOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.EhloName ??= "sender.example";
        options.Dns.Servers.Clear();
        options.Dns.Servers.Add(Dns.EndPoint);
        options.Network.EndPointMap = Map;
        options.Certificates.TrustAnchors = new X509Certificate2Collection(Authority.Root);
    }

    /// <summary>Creates a deliverer that lives in this internet and goes by its clock.</summary>
    /// <param name="configure">Changes further options.</param>
    /// <param name="policyStore">Where policies are kept; in memory unless given.</param>
    /// <param name="results">Is told the TLS result of every session; nobody unless given.</param>
    public MailDeliverer CreateDeliverer(Action<MailDelivererOptions>? configure = null, IPolicyStore? policyStore = null, ITlsResultSink? results = null)
    {
        var options = new MailDelivererOptions();
        Configure(options);
        configure?.Invoke(options);
        return new MailDeliverer(options, Clock, policyStore: policyStore, results: results);
    }
}
