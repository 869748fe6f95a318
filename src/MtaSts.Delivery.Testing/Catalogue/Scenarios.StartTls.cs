using System.Runtime.CompilerServices;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Testing;

/// <content>The STARTTLS command.</content>
public static partial class Scenarios
{
    /// <summary>The MX host does not offer STARTTLS, or somebody on the way strips it.</summary>
    public static Scenario StarttlsStripped { get; } = StartTls(
        "RFC 8461 §4", "The MX host does not offer STARTTLS, or somebody on the way strips it.",
        host => host.NoStartTls(),
        Refused("4.7.4", NoStartTls));

    /// <summary>Somebody on the way writes XXXXXXXX over the word STARTTLS.</summary>
    public static Scenario StarttlsMasked { get; } = StartTls(
        "RFC 8461 §4", "Somebody on the way writes XXXXXXXX over the word STARTTLS.",
        host => host.NoStartTls().CapabilitiesBeforeTls("PIPELINING", "XXXXXXXX", "8BITMIME"),
        Refused("4.7.4", NoStartTls));

    /// <summary>The MX host offers STARTTLS and answers it with 454.</summary>
    public static Scenario StarttlsRefusedForNow { get; } = StartTls(
        "RFC 3207 §4", "The MX host offers STARTTLS and answers it with 454.",
        host => host.StartTlsReply("454 4.7.0 TLS not available"),
        Refused("4.7.4", NoStartTls));

    /// <summary>The MX host offers STARTTLS and answers it with 502.</summary>
    public static Scenario StarttlsRefusedForGood { get; } = StartTls(
        "RFC 3207 §4", "The MX host offers STARTTLS and answers it with 502.",
        host => host.StartTlsReply("502 5.5.1 not implemented"),
        Refused("4.7.4", NoStartTls));

    /// <summary>The MX host answers STARTTLS with 250, which is not the word for it.</summary>
    public static Scenario StarttlsAnsweredWith250 { get; } = StartTls(
        "RFC 3207 §4", "The MX host answers STARTTLS with 250, which is not the word for it.",
        host => host.StartTlsReply("250 go on"),
        Refused("4.7.4", NoStartTls));

    /// <summary>Somebody on the way adds replies behind the 220, before the handshake.</summary>
    public static Scenario StarttlsInjection { get; } = StartTls(
        "RFC 3207 §4.2", "Somebody on the way adds replies behind the 220, before the handshake.",
        host => host.InjectAfterStartTls("250 mx1.example.test\r\n"),
        Refused("4.7.5", ValidationFailure));

    /// <summary>The connection ends at STARTTLS.</summary>
    public static Scenario StarttlsDropped { get; } = StartTls(
        "RFC 3207 §4", "The connection ends at STARTTLS.",
        host => host.On(SmtpPhase.StartTls, SmtpFault.Drop),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The connection is reset at STARTTLS.</summary>
    public static Scenario StarttlsReset { get; } = StartTls(
        "RFC 3207 §4", "The connection is reset at STARTTLS.",
        host => host.On(SmtpPhase.StartTls, SmtpFault.Reset),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host never answers STARTTLS.</summary>
    public static Scenario StarttlsStalls { get; } = StartTls(
        "RFC 5321 §4.5.3.2", "The MX host never answers STARTTLS.",
        host => host.On(SmtpPhase.StartTls, SmtpFault.Stall),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers STARTTLS with something that is no reply.</summary>
    public static Scenario StarttlsGarbage { get; } = StartTls(
        "RFC 5321 §4.2", "The MX host answers STARTTLS with something that is no reply.",
        host => host.On(SmtpPhase.StartTls, SmtpFault.Garbage),
        Deferred("4.5.0").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers STARTTLS with 421.</summary>
    public static Scenario StarttlsServiceClosing { get; } = StartTls(
        "RFC 5321 §3.8", "The MX host answers STARTTLS with 421.",
        host => host.On(SmtpPhase.StartTls, SmtpFault.Reply("421 4.3.2 closing").ThenDrop()),
        Deferred("4.3.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host offers STARTTLS at one of its addresses and not at the other.</summary>
    public static Scenario StarttlsStrippedAtOneAddress { get; } = StartTls(
        "RFC 8461 §4", "The MX host offers STARTTLS at one of its addresses and not at the other.",
        host => host.AddAddress(behaviour: _ => { }).NoStartTls(),
        Delivered().Reports(NoStartTls));

    /// <summary>The MX host knows HELO and no EHLO, and so offers nothing.</summary>
    public static Scenario HeloOnlyWithoutStarttls { get; } = StartTls(
        "RFC 8461 §4", "The MX host knows HELO and no EHLO, and so offers nothing.",
        host => host.HeloOnly(),
        Refused("4.7.4", NoStartTls));

    /// <summary>The MX host does not offer STARTTLS; the policy is in mode testing.</summary>
    public static Scenario StarttlsStrippedInTesting { get; } = StartTls(
        "RFC 8461 §5", "The MX host does not offer STARTTLS; the policy is in mode testing.",
        host => host.NoStartTls().Owner.Domain(Domain).Policy(PolicyMode.Testing, MxHost),
        Delivered(protection: Protection.None).Reports(NoStartTls));

    /// <summary>The MX host does not offer STARTTLS, and the domain has no policy.</summary>
    public static Scenario StarttlsStrippedWithoutPolicy { get; } = StartTls(
        "RFC 7435 §4", "The MX host does not offer STARTTLS, and the domain has no policy.",
        host => host.NoStartTls().Owner.Domain(Domain).NoRecord(),
        Delivered(protection: Protection.None).Reports(NoStartTls));

    /// <summary>The MX host offers STARTTLS and refuses it, and the domain has no policy.</summary>
    public static Scenario StarttlsRefusedWithoutPolicy { get; } = StartTls(
        "RFC 7435 §4", "The MX host offers STARTTLS and refuses it, and the domain has no policy.",
        host => host.StartTlsReply("454 4.7.0 TLS not available").Owner.Domain(Domain).NoRecord(),
        Delivered(protection: Protection.None).Reports(NoStartTls));

    /// <summary>The MX host takes no mail in clear, and the domain has no policy.</summary>
    public static Scenario StarttlsRequiredWithoutPolicy { get; } = StartTls(
        "RFC 3207 §4", "The MX host takes no mail in clear, and the domain has no policy.",
        host => host.RequireStartTls().Owner.Domain(Domain).NoRecord(),
        Delivered());

    /// <summary>Somebody on the way adds replies behind the 220, and the domain has no policy: they are acted upon by nobody.</summary>
    public static Scenario StarttlsInjectionWithoutPolicy { get; } = StartTls(
        "RFC 3207 §4.2", "Somebody on the way adds replies behind the 220, and the domain has no policy: they are acted upon by nobody.",
        host => host.InjectAfterStartTls("250 CHUNKING\r\n").Owner.Domain(Domain).NoRecord(),
        Delivered(protection: Protection.None).Reports(ValidationFailure));

    private static Scenario StartTls(string source, string summary, Action<FakeMxHost> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        Enforced(ScenarioCategory.StartTls, source, summary, internet => change(internet.MxHost(MxHost)), expected, name);
}
