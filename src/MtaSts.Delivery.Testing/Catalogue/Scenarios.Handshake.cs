using System.Runtime.CompilerServices;
using System.Security.Authentication;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Testing;

/// <content>The TLS handshake.</content>
public static partial class Scenarios
{
    /// <summary>The MX host knows nothing newer than TLS 1.1.</summary>
    public static Scenario HandshakeOldTls { get; } = Handshake(
        "RFC 8996 §4", "The MX host knows nothing newer than TLS 1.1.",
        host => host.Handshake(HandshakeFault.OldTls),
        Refused("4.7.5", ValidationFailure));

    /// <summary>The MX host answers the handshake with an alert.</summary>
    public static Scenario HandshakeAlert { get; } = Handshake(
        "RFC 8461 §4", "The MX host answers the handshake with an alert.",
        host => host.Handshake(HandshakeFault.Alert),
        Refused("4.7.5", ValidationFailure));

    /// <summary>The MX host answers the handshake with nonsense.</summary>
    public static Scenario HandshakeGarbage { get; } = Handshake(
        "RFC 8461 §4", "The MX host answers the handshake with nonsense.",
        host => host.Handshake(HandshakeFault.Garbage),
        Refused("4.7.5", ValidationFailure));

    /// <summary>The connection ends in the handshake.</summary>
    public static Scenario HandshakeClosed { get; } = Handshake(
        "RFC 8461 §4", "The connection ends in the handshake.",
        host => host.Handshake(HandshakeFault.Close),
        Refused("4.7.5", ValidationFailure));

    /// <summary>The connection is reset in the handshake.</summary>
    public static Scenario HandshakeReset { get; } = Handshake(
        "RFC 8461 §4", "The connection is reset in the handshake.",
        host => host.Handshake(HandshakeFault.Reset),
        Refused("4.7.5", ValidationFailure));

    /// <summary>The MX host never answers the handshake.</summary>
    public static Scenario HandshakeStalls { get; } = Handshake(
        "RFC 8461 §4", "The MX host never answers the handshake.",
        host => host.Handshake(HandshakeFault.Stall),
        Refused("4.7.5", ValidationFailure));

    /// <summary>The MX host speaks TLS 1.2 and nothing else.</summary>
    public static Scenario Tls12Only { get; } = Handshake(
        "RFC 8461 §4", "The MX host speaks TLS 1.2 and nothing else.",
        host => host.TlsVersions(SslProtocols.Tls12),
        Delivered());

    /// <summary>The MX host speaks TLS 1.3 and nothing else.</summary>
    public static Scenario Tls13Only { get; } = Handshake(
        "RFC 8461 §4", "The MX host speaks TLS 1.3 and nothing else.",
        host => host.TlsVersions(SslProtocols.Tls13),
        Delivered());

    /// <summary>The handshake fails; the policy is in mode testing.</summary>
    public static Scenario HandshakeFailsInTesting { get; } = Handshake(
        "RFC 8461 §5", "The handshake fails; the policy is in mode testing.",
        host => host.Handshake(HandshakeFault.Alert).Owner.Domain(Domain).Policy(PolicyMode.Testing, MxHost),
        Delivered(protection: Protection.None).Reports(ValidationFailure));

    /// <summary>The handshake fails, and the domain has no policy.</summary>
    public static Scenario HandshakeFailsWithoutPolicy { get; } = Handshake(
        "RFC 7435 §4", "The handshake fails, and the domain has no policy.",
        host => host.Handshake(HandshakeFault.Alert).Owner.Domain(Domain).NoRecord(),
        Delivered(protection: Protection.None).Reports(ValidationFailure));

    private static Scenario Handshake(string source, string summary, Action<FakeMxHost> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        Enforced(ScenarioCategory.Handshake, source, summary, internet => change(internet.MxHost(MxHost)), expected, name);
}
