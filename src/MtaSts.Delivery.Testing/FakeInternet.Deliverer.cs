using System.Security.Cryptography.X509Certificates;

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
    public MailDeliverer CreateDeliverer(Action<MailDelivererOptions>? configure = null)
    {
        var options = new MailDelivererOptions();
        Configure(options);
        configure?.Invoke(options);
        return new MailDeliverer(options, Clock);
    }
}
