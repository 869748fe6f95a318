using System.Net;
using System.Runtime.CompilerServices;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Testing;

/// <content>What DNS says about domain and hosts.</content>
public static partial class Scenarios
{
    /// <summary>The look-up of the MX records ends in SERVFAIL.</summary>
    public static Scenario MxLookupServFail { get; } = Dns(
        "RFC 5321 §5.1", "The look-up of the MX records ends in SERVFAIL.",
        internet => internet.Dns.ServFail(Domain, DnsRecordType.Mx),
        Deferred("4.4.3").Forbids(NeverSent.Connection));

    /// <summary>The resolver refuses to look the MX records up.</summary>
    public static Scenario MxLookupRefused { get; } = Dns(
        "RFC 5321 §5.1", "The resolver refuses to look the MX records up.",
        internet => internet.Dns.Refused(Domain, DnsRecordType.Mx),
        Deferred("4.4.3").Forbids(NeverSent.Connection));

    /// <summary>Nobody answers the question for the MX records.</summary>
    public static Scenario MxLookupSilent { get; } = Dns(
        "RFC 5321 §5.1", "Nobody answers the question for the MX records.",
        internet => internet.Dns.Silent(Domain, DnsRecordType.Mx),
        Deferred("4.4.3").Forbids(NeverSent.Connection));

    /// <summary>The answer to the question for the MX records is nonsense.</summary>
    public static Scenario MxLookupGarbage { get; } = Dns(
        "RFC 5321 §5.1", "The answer to the question for the MX records is nonsense.",
        internet => internet.Dns.Garbage(Domain, DnsRecordType.Mx),
        Deferred("4.4.3").Forbids(NeverSent.Connection));

    /// <summary>The answer about the MX records repeats another question than was asked.</summary>
    public static Scenario MxLookupWrongQuestion { get; } = Dns(
        "RFC 5452 §9.1", "The answer about the MX records repeats another question than was asked.",
        internet => internet.Dns.WrongQuestion(Domain, DnsRecordType.Mx),
        Deferred("4.4.3").Forbids(NeverSent.Connection));

    /// <summary>The answer about the MX records claims to be a question.</summary>
    public static Scenario MxLookupNotAResponse { get; } = Dns(
        "RFC 1035 §4.1.1", "The answer about the MX records claims to be a question.",
        internet => internet.Dns.NotAResponse(Domain, DnsRecordType.Mx),
        Deferred("4.4.3").Forbids(NeverSent.Connection));

    /// <summary>The answer about the MX records carries another id than the question.</summary>
    public static Scenario MxLookupWrongId { get; } = Dns(
        "RFC 5452 §9.1", "The answer about the MX records carries another id than the question.",
        internet => internet.Dns.WrongId(Domain, DnsRecordType.Mx),
        Deferred("4.4.3").Forbids(NeverSent.Connection));

    /// <summary>The MX records in the answer belong to another name, so that it says nothing about this one.</summary>
    public static Scenario MxLookupForeignOwner { get; } = Dns(
        "RFC 5452 §6", "The MX records in the answer belong to another name, so that it says nothing about this one.",
        internet => internet.Dns.ForeignOwner(Domain, DnsRecordType.Mx),
        Deferred("4.4.3").Forbids(NeverSent.Connection));

    /// <summary>The MX records fit into no datagram; over TCP they are all there.</summary>
    public static Scenario MxLookupTruncated { get; } = Dns(
        "RFC 7766 §5", "The MX records fit into no datagram; over TCP they are all there.",
        internet => internet.Dns.Truncate(Domain, DnsRecordType.Mx),
        Delivered());

    /// <summary>The MX records fit into no datagram, and TCP does not work.</summary>
    public static Scenario MxLookupTruncatedWithoutTcp { get; } = Dns(
        "RFC 7766 §5", "The MX records fit into no datagram, and TCP does not work.",
        internet => internet.Dns.TruncateWithoutTcp(Domain, DnsRecordType.Mx),
        Deferred("4.4.3").Forbids(NeverSent.Connection));

    /// <summary>DNS takes four seconds for each answer about the domain.</summary>
    public static Scenario MxLookupSlow { get; } = Dns(
        "RFC 5321 §5.1", "DNS takes four seconds for each answer about the domain.",
        internet => internet.Dns.Delay(Domain, TimeSpan.FromSeconds(4)),
        Delivered());

    /// <summary>The domain does not exist.</summary>
    public static Scenario DomainDoesNotExist { get; } = Dns(
        "RFC 5321 §5.1", "The domain does not exist.",
        internet => internet.Dns.NxDomain(Domain),
        Failed("5.1.2").Forbids(NeverSent.Connection));

    /// <summary>The domain is an alias of another, whose MX records count.</summary>
    public static Scenario DomainIsAlias { get; } = Dns(
        "RFC 5321 §5.1", "The domain is an alias of another, whose MX records count.",
        internet => internet.Dns.AddMx("target.test", 10, MxHost).Cname(Domain, "target.test"),
        Delivered());

    /// <summary>The domain is an alias that leads back to itself.</summary>
    public static Scenario DomainIsAliasOfItself { get; } = Dns(
        "RFC 5321 §5.1", "The domain is an alias that leads back to itself.",
        internet => internet.Dns.Cname(Domain, "other.test").Cname("other.test", Domain),
        Deferred("4.4.3").Forbids(NeverSent.Connection));

    /// <summary>The domain has a null MX: it takes no mail.</summary>
    public static Scenario NullMx { get; } = Dns(
        "RFC 7505 §3", "The domain has a null MX: it takes no mail.",
        internet => internet.Domain(Domain).NullMx(),
        Failed("5.1.10").Forbids(NeverSent.Connection));

    /// <summary>The domain has a null MX beside a real one.</summary>
    public static Scenario NullMxBesideMx { get; } = Dns(
        "RFC 7505 §3", "The domain has a null MX beside a real one.",
        internet => internet.Dns.AddMx(Domain, 0, "."),
        Delivered());

    /// <summary>The domain exists, but has neither MX nor address records.</summary>
    public static Scenario NoMxAndNoAddress { get; } = Dns(
        "RFC 5321 §5.1", "The domain exists, but has neither MX nor address records.",
        internet => internet.Dns.Remove(Domain, DnsRecordType.Mx),
        Failed("5.4.4").Forbids(NeverSent.Connection));

    /// <summary>The domain has no MX record, but an address: it is its own MX host.</summary>
    public static Scenario ImplicitMx { get; } = Dns(
        "RFC 5321 §5.1", "The domain has no MX record, but an address: it is its own MX host.",
        internet => internet.Domain(Domain).Host().Policy(PolicyMode.Enforce, Domain).NoMx(),
        Delivered(Domain));

    /// <summary>The only MX host does not exist.</summary>
    public static Scenario MxHostDoesNotExist { get; } = Dns(
        "RFC 5321 §5.1", "The only MX host does not exist.",
        internet => internet.Dns.NxDomain(MxHost),
        Failed("5.4.4").Forbids(NeverSent.Connection));

    /// <summary>The look-up of the MX host ends in SERVFAIL.</summary>
    public static Scenario MxHostLookupServFail { get; } = Dns(
        "RFC 5321 §5.1", "The look-up of the MX host ends in SERVFAIL.",
        internet => internet.Dns.ServFail(MxHost),
        Deferred("4.4.3").Forbids(NeverSent.Connection));

    /// <summary>The MX host is an alias; the name in the MX record is the one that counts.</summary>
    public static Scenario MxHostIsAlias { get; } = Dns(
        "RFC 8461 §4.1", "The MX host is an alias; the name in the MX record is the one that counts.",
        internet =>
        {
            internet.Dns.Cname("alias.example.test", MxHost).Mx(Domain, (10, "alias.example.test"));
            internet.Domain(Domain).Policy(PolicyMode.Enforce, "alias.example.test");
            internet.MxHost(MxHost).Certificate(c => c.Names("alias.example.test"));
        },
        Delivered(host: null));

    /// <summary>The MX record names an address instead of a host.</summary>
    public static Scenario MxIsAnAddress { get; } = Dns(
        "RFC 5321 §5.1", "The MX record names an address instead of a host.",
        internet => internet.Dns.Mx(Domain, (10, "192.0.2.1")),
        Failed("5.4.4").Forbids(NeverSent.Connection));

    /// <summary>The MX host has an address of a private network.</summary>
    public static Scenario MxHostAddressPrivate { get; } = Dns(
        "RFC 1918 §3", "The MX host has an address of a private network.",
        internet => internet.MxHost(MxHost).Address(IPAddress.Parse("10.0.0.25")),
        Deferred("4.4.4").Forbids(NeverSent.Connection));

    /// <summary>The MX host has a loopback address: the mail would go to the sender itself.</summary>
    public static Scenario MxHostAddressLoopback { get; } = Dns(
        "RFC 1122 §3.2.1.3", "The MX host has a loopback address: the mail would go to the sender itself.",
        internet => internet.MxHost(MxHost).Address(IPAddress.Parse("127.0.0.1")),
        Deferred("4.4.4").Forbids(NeverSent.Connection));

    /// <summary>The MX look-up fails at first and works later.</summary>
    public static Scenario MxLookupServFailForAWhile { get; } = Dns(
        "RFC 5321 §4.5.4.1", "The MX look-up fails at first and works later.",
        internet => internet.Dns.ServFail(Domain, DnsRecordType.Mx),
        Deferred("4.4.3").Forbids(NeverSent.Connection))
        .Then("DNS works again", internet => internet.Dns.Healthy(Domain),
            Delivered());

    /// <summary>The MX records come to name a host of somebody else, with a good certificate of its own.</summary>
    public static Scenario MxRecordsHijacked { get; } = Dns(
        "RFC 8461 §4.1", "The MX records come to name a host of somebody else, with a good certificate of its own.",
        _ => { },
        Delivered())
        .Then("DNS names the other host", internet =>
        {
            internet.MxHost("mx.attacker.test");
            internet.Dns.Mx(Domain, (10, "mx.attacker.test"));
        },
            Refused("4.7.5", ValidationFailure).Forbids(NeverSent.Connection));

    private static Scenario Dns(string source, string summary, Action<FakeInternet> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        Enforced(ScenarioCategory.Dns, source, summary, change, expected, name);
}
