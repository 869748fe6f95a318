using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Reporting;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Reporting;

public sealed class TlsReportServiceTests
{
    [Test]
    public async Task One_call_adds_counting_and_reporting()
    {
        using var rsa = RSA.Create(2048);
        string pem = rsa.ExportRSAPrivateKeyPem();
        var services = new ServiceCollection();
        services.AddMtaStsDelivery().AddTlsReports(o =>
        {
            (o.OrganizationName, o.ContactInfo) = ("Example Ltd", "tls-reports@example.com");
            o.DkimKeys.Add(new DkimKey(DomainName.Parse("example.com"), "tlsrpt1", pem));
        });
        await using ServiceProvider provider = services.BuildServiceProvider();
        Assert.That(provider.GetRequiredService<TlsReporter>(), Is.Not.Null);
        Assert.That(provider.GetRequiredService<ITlsResultSink>(), Is.TypeOf<TlsResultCollector>());
        Assert.That(services.Where(one => one.ServiceType == typeof(IHostedService)).Select(one => one.ImplementationType?.Name), Does.Contain("TlsReportService"));
    }

    /// <summary>RPT-55. RFC 8460 §3.</summary>
    [Test]
    public async Task A_missing_key_is_an_error_that_says_what_to_do()
    {
        var services = new ServiceCollection();
        services.AddMtaStsDelivery().AddTlsReports(o => (o.OrganizationName, o.ContactInfo) = ("Example Ltd", "tls-reports@example.com"));
        await using ServiceProvider provider = services.BuildServiceProvider();
        OptionsValidationException failure = Assert.Throws<OptionsValidationException>(() => _ = provider.GetRequiredService<IOptions<TlsReportOptions>>().Value)!;
        Assert.That(failure.Message, Does.Contain("TlsReports.DkimKeys is empty").And.Contain("openssl genrsa"));
    }
}
