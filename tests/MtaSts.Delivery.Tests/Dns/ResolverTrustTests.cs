using System.Net;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Dns;

public sealed class ResolverTrustTests
{
    /// <summary>DANE-01. RFC 6698 §4.1.</summary>
    [TestCase("127.0.0.1", "", true)]
    [TestCase("::1", "", true)]
    [TestCase("::ffff:127.0.0.1", "", true)]
    [TestCase("127.0.0.11", "", false, Description = "passes on what others say")]
    [TestCase("127.0.0.53", "", false, Description = "passes on what others say")]
    [TestCase("127.0.0.54", "", false, Description = "passes on what others say")]
    [TestCase("192.0.2.53", "", false)]
    [TestCase("10.0.0.53", "", false)]
    [TestCase("192.0.2.53", "192.0.2.53", true)]
    [TestCase("127.0.0.53", "127.0.0.53", true)]
    [TestCase("127.0.0.1", "192.0.2.53", false, Description = "those that are named are all")]
    [TestCase("192.0.2.54", "192.0.2.53", false)]
    public void Resolvers_on_this_host_are_believed_and_others_when_they_are_named(string resolver, string trusted, bool believed) =>
        Assert.That(ResolverTrust.Believes(IPAddress.Parse(resolver), trusted.Length == 0 ? [] : [IPAddress.Parse(trusted)]), Is.EqualTo(believed));

    /// <summary>DANE-01. The system's resolvers may change while the program runs: one that is not believed must not turn DANE off by its answers.</summary>
    [Test]
    public async Task A_resolver_that_is_not_believed_is_not_asked_where_security_depends_on_it()
    {
        var options = new DnsOptions();
        options.Servers.Add(new IPEndPoint(IPAddress.Loopback, 1));
        options.TrustedResolvers.Add(IPAddress.Parse("192.0.2.53"));
        DnsAnswer<MxRecord> answer = await new DnsClientResolver(options, null, isSecurityAsked: true).LookUpMxAsync(DomainName.Parse("example.com"), CancellationToken.None);
        Assert.That(answer, Is.InstanceOf<DnsAnswer<MxRecord>.Unavailable>().With.Property("Reason").StartsWith("the word of 127.0.0.1 on DNSSEC does not count"));
    }

    /// <summary>DANE-01. RFC 7672 §2.1.</summary>
    [Test]
    public void Dane_with_a_resolver_that_is_not_believed_is_an_error_that_says_what_to_do()
    {
        var options = new MailDelivererOptions { Dane = { Mode = DaneMode.Opportunistic } };
        options.Dns.Servers.Add(new IPEndPoint(IPAddress.Loopback, 53));
        Assert.That(options.Validate(), Is.Empty);
        options.Dns.Servers.Add(new IPEndPoint(IPAddress.Parse("192.0.2.53"), 53));
        Assert.That(options.Validate().Single(), Does.Contain("192.0.2.53").And.Contains("Dns.TrustedResolvers"), "silencing the first must not turn DANE off");
        Assert.That(() => new MailDeliverer(options), Throws.ArgumentException.With.Message.Contains("Dns.TrustedResolvers"));
        options.Dns.TrustedResolvers.Add(IPAddress.Parse("192.0.2.53"));
        Assert.That(options.Validate().Single(), Is.EqualTo(
            "Dane.Mode is Opportunistic, but the word of 127.0.0.1 on DNSSEC does not count: Dns.TrustedResolvers is set, so only those named in it count: name 127.0.0.1 as well, if it validates and nobody on the way can impersonate it."), "those that are named are all");
        Assert.That((options.Dns.Believes(IPAddress.Loopback), options.Dns.Believes(IPAddress.Parse("192.0.2.53"))), Is.EqualTo((false, true)));
        options.Dns.TrustedResolvers.Add(IPAddress.Loopback);
        Assert.That(options.Validate(), Is.Empty);
        options.Dane.Mode = DaneMode.Off;
        options.Dns.TrustedResolvers.Clear();
        Assert.That(options.Validate(), Is.Empty, "what nobody goes by need not be believed");
    }

    /// <summary>DANE-01. The system's resolvers are looked at, too, where none is named.</summary>
    [Test]
    public void The_systems_resolvers_must_be_believed_as_well()
    {
        var options = new MailDelivererOptions { Dane = { Mode = DaneMode.Opportunistic } };
        // Nobody's resolver.
        options.Dns.TrustedResolvers.Add(IPAddress.Parse("192.0.2.53"));
        Assert.That(options.Validate(), Is.Empty);
        Assert.That(() => new MailDeliverer(options), Throws.ArgumentException.With.Message.Contains("Dns.TrustedResolvers"));
    }

    [Test]
    public void Overrides_for_dane_go_together_with_it()
    {
        DomainName domain = DomainName.Parse("example.com");
        var options = new MailDelivererOptions();
        options.Overrides.Add(new DeliveryOverride.RequireDane(domain, "contract"));
        Assert.That(options.Validate().Single(), Does.Contain("Dane.Mode is Off"));
        options.Dane.Mode = DaneMode.Opportunistic;
        Assert.That(options.Validate(), Is.Empty);
        options.Overrides.Add(new DeliveryOverride.IgnoreDane(domain, "broken"));
        Assert.That(options.Validate().Single(), Does.Contain("cannot both require DANE and ignore TLSA records"));
        options.Dane.Mode = (DaneMode)7;
        Assert.That(options.Validate(), Has.Some.Contains("Dane.Mode is 7"));
    }
}
