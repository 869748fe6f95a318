using System.Net;
using System.Runtime.CompilerServices;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Testing;

/// <content>Which hosts there are, and which of them work.</content>
public static partial class Scenarios
{
    /// <summary>The preferred of two MX hosts refuses connections.</summary>
    public static Scenario PreferredHostDown { get; } = Route(
        "RFC 5321 §5.1", "The preferred of two MX hosts refuses connections.",
        internet => internet.MxHost(MxHost).Down(),
        Delivered(SecondMxHost));

    /// <summary>Packets to the preferred of two MX hosts are lost.</summary>
    public static Scenario PreferredHostUnreachable { get; } = Route(
        "RFC 5321 §5.1", "Packets to the preferred of two MX hosts are lost.",
        internet => internet.MxHost(MxHost).On(SmtpPhase.Connect, SmtpFault.BlackHole),
        Delivered(SecondMxHost));

    /// <summary>All MX hosts refuse connections.</summary>
    public static Scenario AllHostsDown { get; } = Route(
        "RFC 5321 §4.5.4.1", "All MX hosts refuse connections.",
        internet =>
        {
            internet.MxHost(MxHost).Down();
            internet.MxHost(SecondMxHost).Down();
        },
        Deferred("4.4.1"));

    /// <summary>All MX hosts refuse connections, and half an hour later they do not.</summary>
    public static Scenario AllHostsDownForAWhile { get; } = Route(
        "RFC 5321 §4.5.4.1", "All MX hosts refuse connections, and half an hour later they do not.",
        internet =>
        {
            internet.MxHost(MxHost).Down();
            internet.MxHost(SecondMxHost).Down();
        },
        Deferred("4.4.1"))
        .Then("half an hour later", internet =>
            {
                internet.Clock.Advance(TimeSpan.FromMinutes(30));
                internet.MxHost(MxHost).Healthy();
            },
            Delivered());

    /// <summary>The preferred of two MX hosts does not exist.</summary>
    public static Scenario PreferredHostDoesNotExist { get; } = Route(
        "RFC 5321 §5.1", "The preferred of two MX hosts does not exist.",
        internet => internet.Dns.NxDomain(MxHost),
        Delivered(SecondMxHost));

    /// <summary>The first of the MX host's two addresses is dead.</summary>
    public static Scenario FirstAddressDown { get; } = Route(
        "RFC 5321 §5.1", "The first of the MX host's two addresses is dead.",
        internet =>
        {
            internet.MxHost(MxHost).AddAddress(behaviour: _ => { });
            internet.MxHost(MxHost).Down();
        },
        Delivered());

    /// <summary>The MX host has an IPv6 address and no other.</summary>
    public static Scenario IPv6Only { get; } = Route(
        "RFC 5321 §5.1", "The MX host has an IPv6 address and no other.",
        internet => internet.MxHost(MxHost).Address(IPAddress.Parse("2001:db8::25")),
        Delivered());

    /// <summary>The MX host's IPv6 address is dead, its IPv4 address works.</summary>
    public static Scenario IPv6Dead { get; } = Route(
        "RFC 5321 §5.1", "The MX host's IPv6 address is dead, its IPv4 address works.",
        internet => internet.MxHost(MxHost).AddAddress(IPAddress.Parse("2001:db8::25"), there => there.Down()),
        Delivered());

    /// <summary>Of two MX hosts of equal preference one refuses connections.</summary>
    public static Scenario EqualPreferenceOneDown { get; } = Route(
        "RFC 5321 §5.1", "Of two MX hosts of equal preference one refuses connections.",
        internet =>
        {
            internet.Dns.Mx(Domain, (10, MxHost), (10, SecondMxHost));
            internet.MxHost(MxHost).Down();
        },
        Delivered(SecondMxHost));

    /// <summary>The policy does not name the preferred of two MX hosts.</summary>
    public static Scenario PreferredHostNotInPolicy { get; } = Route(
        "RFC 8461 §5.1", "The policy does not name the preferred of two MX hosts.",
        internet => internet.Domain(Domain).Policy(PolicyMode.Enforce, SecondMxHost),
        Delivered(SecondMxHost).Reports(ValidationFailure).Forbids(NeverSent.Connection, MxHost));

    /// <summary>The policy names neither of the MX hosts.</summary>
    public static Scenario NoHostInPolicy { get; } = Route(
        "RFC 8461 §5", "The policy names neither of the MX hosts.",
        internet => internet.Domain(Domain).Policy(PolicyMode.Enforce, "mx3.example.test"),
        Refused("4.7.5", ValidationFailure).Forbids(NeverSent.Connection));

    /// <summary>The policy's wildcard stands for one label, and the MX hosts have two.</summary>
    public static Scenario WildcardTooDeep { get; } = Route(
        "RFC 8461 §4.1", "The policy's wildcard stands for one label, and the MX hosts have two.",
        internet =>
        {
            internet.Domain(Domain).Policy(PolicyMode.Enforce, "*.example.test").Mx(5, "mx.eu.example.test");
            internet.Dns.Mx(Domain, (10, "mx.eu.example.test"));
        },
        Refused("4.7.5", ValidationFailure).Forbids(NeverSent.Connection));

    /// <summary>The policy's wildcard does not stand for the name behind it, which is the MX host.</summary>
    public static Scenario WildcardNotForParent { get; } = Route(
        "RFC 8461 §4.1", "The policy's wildcard does not stand for the name behind it, which is the MX host.",
        internet =>
        {
            internet.Domain(Domain).Host().Policy(PolicyMode.Enforce, "*.example.test");
            internet.Dns.Mx(Domain, (10, Domain));
        },
        Refused("4.7.5", ValidationFailure).Forbids(NeverSent.Connection));

    /// <summary>The policy names the MX hosts by a wildcard.</summary>
    public static Scenario WildcardOfOneLabel { get; } = Route(
        "RFC 8461 §4.1", "The policy names the MX hosts by a wildcard.",
        internet => internet.Domain(Domain).Policy(PolicyMode.Enforce, "*.example.test"),
        Delivered());

    /// <summary>The MX host's name ends as the policy's wildcard does, but for the dot.</summary>
    public static Scenario LookalikeHost { get; } = Route(
        "RFC 8461 §4.1", "The MX host's name ends as the policy's wildcard does, but for the dot.",
        internet =>
        {
            internet.Domain(Domain).Policy(PolicyMode.Enforce, "*.example.test").Mx(5, "evil-example.test");
            internet.Dns.Mx(Domain, (10, "evil-example.test"));
        },
        Refused("4.7.5", ValidationFailure).Forbids(NeverSent.Connection));

    /// <summary>The preferred host is down, and the backup offers no STARTTLS.</summary>
    public static Scenario BackupHostWithoutTls { get; } = Route(
        "RFC 8461 §5.1", "The preferred host is down, and the backup offers no STARTTLS.",
        internet =>
        {
            internet.MxHost(MxHost).Down();
            internet.MxHost(SecondMxHost).NoStartTls();
        },
        Refused("4.7.4", NoStartTls));

    private static Scenario Route(string source, string summary, Action<FakeInternet> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        New(ScenarioCategory.Route, source, summary, internet => change(GoodWithTwoHosts(internet)), expected, name);
}
