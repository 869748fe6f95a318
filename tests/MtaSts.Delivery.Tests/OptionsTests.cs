using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests;

public sealed class OptionsTests
{
    private static readonly TimeSpan Ms = TimeSpan.FromMilliseconds(1), Second = TimeSpan.FromSeconds(1), Minute = TimeSpan.FromMinutes(1), Day = TimeSpan.FromDays(1);

    private static IEnumerable<TestCaseData<string, Action<MailDelivererOptions>, Action<MailDelivererOptions>>> Ranges()
    {
        yield return Row("MaxConcurrentDomains", o => o.MaxConcurrentDomains = 0, o => o.MaxConcurrentDomains = 1);
        yield return Row("MaxConcurrentDomains", o => o.MaxConcurrentDomains = 1001, o => o.MaxConcurrentDomains = 1000);
        yield return Row("EhloName", o => o.EhloName = "localhost", o => o.EhloName = "mail.example.com");
        yield return Row("EhloName", o => o.EhloName = "a b.example", o => o.EhloName = "bücher.example");
        yield return Row("EhloName", o => o.EhloName = "x\r\nMAIL FROM:<a@b.example>", o => o.EhloName = "[192.0.2.1]");
        yield return Row("EhloName", o => o.EhloName = "[x]", o => o.EhloName = "[IPv6:2001:db8::1]");
        yield return Row("EhloName", o => o.EhloName = "", o => o.EhloName = null);
        yield return Row("EhloName", o => o.EhloName = "mx_1.example", o => o.EhloName = "mx-1.example");
        yield return Row("Dns.QueryTimeout", o => o.Dns.QueryTimeout = 99 * Ms, o => o.Dns.QueryTimeout = 100 * Ms);
        yield return Row("Dns.QueryTimeout", o => { o.Dns.QueryTimeout = Minute + Ms; o.Dns.LookupTimeout = 2 * Minute; }, o => { o.Dns.QueryTimeout = Minute; o.Dns.LookupTimeout = Minute; });
        yield return Row("Dns.LookupTimeout", o => o.Dns.LookupTimeout = 4 * Second, o => o.Dns.LookupTimeout = 5 * Second);
        yield return Row("Dns.LookupTimeout", o => o.Dns.LookupTimeout = (5 * Minute) + Ms, o => o.Dns.LookupTimeout = 5 * Minute);
        yield return Row("Network.UseIPv4", o => o.Network.UseIPv4 = o.Network.UseIPv6 = false, o => o.Network.UseIPv6 = false);
        yield return Row("Network.ConnectTimeout", o => o.Network.ConnectTimeout = 99 * Ms, o => o.Network.ConnectTimeout = 100 * Ms);
        yield return Row("Network.ConnectTimeout", o => o.Network.ConnectTimeout = (5 * Minute) + Ms, o => o.Network.ConnectTimeout = 5 * Minute);
        yield return Row("Routing.Port", o => o.Routing.Port = 0, o => o.Routing.Port = 1);
        yield return Row("Routing.Port", o => o.Routing.Port = 65536, o => o.Routing.Port = 65535);
        yield return Row("Routing.MaxHosts", o => o.Routing.MaxHosts = 0, o => o.Routing.MaxHosts = 1);
        yield return Row("Routing.MaxHosts", o => o.Routing.MaxHosts = 101, o => o.Routing.MaxHosts = 100);
        yield return Row("Routing.MaxAddressesPerHost", o => o.Routing.MaxAddressesPerHost = 0, o => o.Routing.MaxAddressesPerHost = 1);
        yield return Row("Routing.MaxAddressesPerHost", o => o.Routing.MaxAddressesPerHost = 33, o => o.Routing.MaxAddressesPerHost = 32);
        yield return Row("Policies.FetchTimeout", o => o.Policies.FetchTimeout = 999 * Ms, o => o.Policies.FetchTimeout = Second);
        yield return Row("Policies.FetchTimeout", o => o.Policies.FetchTimeout = (10 * Minute) + Ms, o => o.Policies.FetchTimeout = 10 * Minute);
        yield return Row("Policies.MaxPolicySize", o => o.Policies.MaxPolicySize = 1023, o => o.Policies.MaxPolicySize = 1024);
        yield return Row("Policies.MaxPolicySize", o => o.Policies.MaxPolicySize = 1048577, o => o.Policies.MaxPolicySize = 1048576);
        yield return Row("Policies.FetchBackOff", o => o.Policies.FetchBackOff = (5 * Minute) - Ms, o => o.Policies.FetchBackOff = 5 * Minute);
        yield return Row("Policies.FetchBackOff", o => o.Policies.FetchBackOff = Day + Ms, o => o.Policies.FetchBackOff = Day);
        yield return Row("Policies.MaxRecordAge", o => o.Policies.MaxRecordAge = -Ms, o => o.Policies.MaxRecordAge = TimeSpan.Zero);
        yield return Row("Policies.MaxRecordAge", o => o.Policies.MaxRecordAge = Day + Ms, o => o.Policies.MaxRecordAge = Day);
        yield return Row("Policies.MaxCachedPolicies", o => o.Policies.MaxCachedPolicies = 0, o => o.Policies.MaxCachedPolicies = 1);
        yield return Row("Policies.MaxCachedRecords", o => o.Policies.MaxCachedRecords = 0, o => o.Policies.MaxCachedRecords = 1);
        yield return Row("Tls.HandshakeTimeout", o => o.Tls.HandshakeTimeout = 99 * Ms, o => o.Tls.HandshakeTimeout = 100 * Ms);
        yield return Row("Tls.HandshakeTimeout", o => o.Tls.HandshakeTimeout = (10 * Minute) + Ms, o => o.Tls.HandshakeTimeout = 10 * Minute);
        yield return Row("Sessions.GreetingTimeout", o => o.Sessions.GreetingTimeout = 99 * Ms, o => o.Sessions.GreetingTimeout = 100 * Ms);
        yield return Row("Sessions.CommandTimeout", o => o.Sessions.CommandTimeout = TimeSpan.Zero, o => o.Sessions.CommandTimeout = 100 * Ms);
        yield return Row("Sessions.MailTimeout", o => o.Sessions.MailTimeout = -Ms, o => o.Sessions.MailTimeout = 100 * Ms);
        yield return Row("Sessions.RcptTimeout", o => o.Sessions.RcptTimeout = 99 * Ms, o => o.Sessions.RcptTimeout = 100 * Ms);
        yield return Row("Sessions.DataTimeout", o => o.Sessions.DataTimeout = 61 * Minute, o => o.Sessions.DataTimeout = 60 * Minute);
        yield return Row("Sessions.ContentBlockTimeout", o => o.Sessions.ContentBlockTimeout = 61 * Minute, o => o.Sessions.ContentBlockTimeout = 60 * Minute);
        yield return Row("Sessions.FinalDotTimeout", o => o.Sessions.FinalDotTimeout = 61 * Minute, o => o.Sessions.FinalDotTimeout = 60 * Minute);
        yield return Row("Sessions.QuitTimeout", o => o.Sessions.QuitTimeout = 61 * Minute, o => o.Sessions.QuitTimeout = 60 * Minute);
        yield return Row("Sessions.MaxReplySize", o => o.Sessions.MaxReplySize = 511, o => o.Sessions.MaxReplySize = 512);
        yield return Row("Sessions.MaxReplySize", o => o.Sessions.MaxReplySize = 1048577, o => o.Sessions.MaxReplySize = 1048576);
        yield return Row("Sessions.MaxRecipientsPerTransaction", o => o.Sessions.MaxRecipientsPerTransaction = 0, o => o.Sessions.MaxRecipientsPerTransaction = 1);
        yield return Row("Sessions.MaxRecipientsPerTransaction", o => o.Sessions.MaxRecipientsPerTransaction = 10001, o => o.Sessions.MaxRecipientsPerTransaction = 10000);
    }

    /// <summary>LIB-09, SMTP-17. RFC 5321 §4.1.1.1.</summary>
    [TestCaseSource(nameof(Ranges))]
    public void A_value_outside_its_range_is_refused_by_name_and_one_at_its_edge_is_not(string name, Action<MailDelivererOptions> bad, Action<MailDelivererOptions> good)
    {
        Assert.That(Faults(bad).Single(), Does.Contain(name));
        Assert.That(Faults(good), Is.Empty);
    }

    /// <summary>SMTP-07, LIB-09. RFC 5321 §4.5.3.2, RFC 8461 §3.3.</summary>
    [Test]
    public void The_defaults_are_good_and_those_of_the_standards()
    {
        var options = new MailDelivererOptions();
        Assert.That(options.Validate(), Is.Empty);
        Assert.That(
            (options.Sessions.GreetingTimeout, options.Sessions.MailTimeout, options.Sessions.RcptTimeout, options.Sessions.DataTimeout, options.Sessions.ContentBlockTimeout, options.Sessions.FinalDotTimeout),
            Is.EqualTo((5 * Minute, 5 * Minute, 5 * Minute, 2 * Minute, 3 * Minute, 10 * Minute)));
        Assert.That((options.Policies.FetchTimeout, options.Policies.MaxPolicySize, options.Policies.FetchBackOff), Is.EqualTo((Minute, 65536, 5 * Minute)));
        Assert.That((options.Network.AllowPrivateAddresses, options.Policies.DeferWhenRecordUnavailable, options.Routing.Port), Is.EqualTo((false, false, 25)));
    }

    [Test]
    public void A_bad_option_stops_the_program_at_its_start_and_is_named()
    {
        using ServiceProvider services = new ServiceCollection().AddMtaStsDelivery(options => options.Routing.Port = 0).Services.BuildServiceProvider();
        Assert.That(
            () => services.GetRequiredService<IStartupValidator>().Validate(),
            Throws.TypeOf<OptionsValidationException>().With.Message.Contains("Routing.Port is 0"));
    }

    [Test]
    public async Task A_container_has_one_deliverer()
    {
        await using ServiceProvider services = new ServiceCollection()
            .AddMtaStsDelivery(options => options.Dns.Servers.Add(new IPEndPoint(IPAddress.Loopback, 53))).Services
            .AddMtaStsDelivery().Services.BuildServiceProvider();
        services.GetRequiredService<IStartupValidator>().Validate();
        MailDeliverer first = services.GetRequiredService<MailDeliverer>();
        Assert.That(services.GetRequiredService<MailDeliverer>(), Is.SameAs(first));
        Assert.That(services.GetServices<MailDeliverer>().Count(), Is.EqualTo(1));
    }

    private static string[] Faults(Action<MailDelivererOptions> set)
    {
        var options = new MailDelivererOptions();
        set(options);
        return [.. options.Validate()];
    }

    private static TestCaseData<string, Action<MailDelivererOptions>, Action<MailDelivererOptions>> Row(string name, Action<MailDelivererOptions> bad, Action<MailDelivererOptions> good) => new(name, bad, good);
}
