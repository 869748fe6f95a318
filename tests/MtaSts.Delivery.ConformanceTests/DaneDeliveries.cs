using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>What the tests of DANE share: a world with signed zones, and a sender that holds hosts to their TLSA records.</summary>
internal static class DaneDeliveries
{
    public const string Mx1 = "mx1.example.test";
    public const string Mx2 = "mx2.example.test";

    /// <summary>Signs everything below <c>test</c> and gives example.test these MX hosts, the first preferred.</summary>
    public static FakeInternet Signed(this FakeInternet internet, params string[] hosts)
    {
        internet.Dns.SignedZone("test");
        internet.Hosts(hosts.Length == 0 ? [Mx1] : hosts);
        return internet;
    }

    public static Task<DeliveryResult> SendByDaneAsync(this FakeInternet internet, Action<MailDelivererOptions>? configure = null, string recipient = SmtpDeliveries.One) =>
        internet.SendAsync([recipient], configure: options =>
        {
            options.Dane.Mode = DaneMode.Opportunistic;
            configure?.Invoke(options);
        });

    public static MailDeliverer ByDane(this FakeInternet internet, Action<MailDelivererOptions>? configure = null, Reporting.ITlsResultSink? results = null) =>
        internet.Deliverer(options =>
        {
            options.Dane.Mode = DaneMode.Opportunistic;
            configure?.Invoke(options);
        }, results: results);

    /// <summary>The names whose TLSA records were asked for, in order.</summary>
    public static string[] TlsaAskedFor(this FakeInternet internet) =>
        [.. internet.Dns.Queries.Where(query => query.Type == DnsRecordType.Tlsa).Select(query => query.Name)];

    public static FakeDomain Enforce(this FakeInternet internet, params string[] hosts) => internet.Domain("example.test").Policy(PolicyMode.Enforce, hosts.Length == 0 ? [Mx1] : hosts);
}
