using System.Runtime.CompilerServices;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Testing;

/// <content>TLSA records of the MX host, in signed zones and others. The sender must have DANE on.</content>
public static partial class Scenarios
{
    /// <summary>A TLSA record matches a certificate of no authority, and there is no policy.</summary>
    public static Scenario DaneMatches { get; } = Dane(
        "RFC 7672 §3.1.1", "A TLSA record matches a certificate of no authority, and there is no policy.",
        internet => Unauthenticated(internet).MxHost(MxHost).Tlsa(), Delivered());

    /// <summary>No TLSA record matches the certificate, and there is no policy.</summary>
    public static Scenario DaneMismatch { get; } = Dane(
        "RFC 7672 §2.2", "No TLSA record matches the certificate, and there is no policy.",
        internet => internet.MxHost(MxHost).WrongTlsa(), Refused("4.7.5", TlsaInvalid));

    /// <summary>No TLSA record matches, though the policy is in mode enforce and the certificate good.</summary>
    public static Scenario DaneMismatchWithGoodPolicy { get; } = Dane(
        "RFC 8461 §2", "No TLSA record matches, though the policy is in mode enforce and the certificate good.",
        internet =>
        {
            internet.Domain(Domain).Policy(PolicyMode.Enforce, MxHost);
            internet.MxHost(MxHost).WrongTlsa();
        },
        Refused("4.7.5", TlsaInvalid));

    /// <summary>A TLSA record matches, but the policy in mode enforce wants a certificate of an authority.</summary>
    public static Scenario DaneMatchesWhereThePolicyFails { get; } = Dane(
        "RFC 8461 §2", "A TLSA record matches, but the policy in mode enforce wants a certificate of an authority.",
        internet =>
        {
            internet.Domain(Domain).Policy(PolicyMode.Enforce, MxHost);
            Unauthenticated(internet).MxHost(MxHost).Tlsa();
        },
        Refused("4.7.5", NotTrusted));

    /// <summary>Only TLSA records that cannot be used, at a host whose certificate nobody trusts.</summary>
    public static Scenario DaneUnusable { get; } = Dane(
        "RFC 7672 §2.2", "Only TLSA records that cannot be used, at a host whose certificate nobody trusts.",
        internet => Unauthenticated(internet).MxHost(MxHost).Tlsa(usage: 1), DeliveredUnverified());

    /// <summary>Only TLSA records that cannot be used, at a host without STARTTLS.</summary>
    public static Scenario DaneUnusableWithoutTls { get; } = Dane(
        "RFC 7672 §2.2", "Only TLSA records that cannot be used, at a host without STARTTLS.",
        internet => internet.MxHost(MxHost).NoStartTls().Tlsa(usage: 1), Refused("4.7.4", NoStartTls));

    /// <summary>A TLSA record, at a host whose STARTTLS somebody on the way strips.</summary>
    public static Scenario DaneStarttlsStripped { get; } = Dane(
        "RFC 7672 §2.2", "A TLSA record, at a host whose STARTTLS somebody on the way strips.",
        internet => internet.MxHost(MxHost).Tlsa().NoStartTls(), Refused("4.7.4", NoStartTls));

    /// <summary>The signatures of the TLSA records do not hold.</summary>
    public static Scenario DaneBogus { get; } = Dane(
        "RFC 7672 §2.1.2", "The signatures of the TLSA records do not hold.",
        internet => internet.Dns.Bogus($"_25._tcp.{MxHost}"), Refused("4.7.5", DnssecInvalid));

    /// <summary>The host's name servers never answer questions for TLSA records, in a signed zone.</summary>
    public static Scenario DaneSilent { get; } = Dane(
        "RFC 7672 §2.1.2", "The host's name servers never answer questions for TLSA records, in a signed zone.",
        internet => internet.Dns.Silent($"_25._tcp.{MxHost}"), Refused("4.7.5", DnssecInvalid));

    /// <summary>The host's name servers never answer questions for TLSA records, in a zone that is not signed.</summary>
    public static Scenario DaneSilentInUnsignedZone { get; } = Dane(
        "RFC 7672 §2.2.2", "The host's name servers never answer questions for TLSA records, in a zone that is not signed.",
        internet => internet.Dns.UnsignedZone(Domain).Silent($"_25._tcp.{MxHost}"), Delivered());

    /// <summary>A TLSA record that does not match, in a zone that is not signed.</summary>
    public static Scenario DaneUnsigned { get; } = Dane(
        "RFC 7672 §2.2", "A TLSA record that does not match, in a zone that is not signed.",
        internet => internet.Dns.UnsignedZone(Domain).AddTlsa(MxHost, 3, 1, 1, new byte[32]), Delivered());

    /// <summary>The best host's TLSA record does not match, the second host's does.</summary>
    public static Scenario DaneSecondHostMatches { get; } = Dane(
        "RFC 7672 §2.2", "The best host's TLSA record does not match, the second host's does.",
        internet =>
        {
            internet.Domain(Domain).Mx(20, SecondMxHost);
            internet.MxHost(MxHost).WrongTlsa();
            internet.MxHost(SecondMxHost).Tlsa();
        },
        Delivered(SecondMxHost).Forbids(NeverSent.Mail, MxHost).Reports(TlsaInvalid));

    private const string TlsaInvalid = "tlsa-invalid";
    private const string DnssecInvalid = "dnssec-invalid";

    private static Scenario Dane(string source, string summary, Action<FakeInternet> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        New(ScenarioCategory.Dane, source, summary, internet =>
        {
            internet.Dns.SignedZone("test");
            internet.Domain(Domain).Mx(10, MxHost);
            change(internet);
        }, expected, name);
}
