using System.Runtime.CompilerServices;

namespace MtaSts.Delivery.Testing;

/// <content>Extensions that are offered or not, before TLS and under it.</content>
public static partial class Scenarios
{
    /// <summary>The MX host offers STARTTLS and nothing else.</summary>
    public static Scenario NoExtensions { get; } = Capability(
        "RFC 3207 §4.2", "The MX host offers STARTTLS and nothing else.",
        host => host.Capabilities(),
        Delivered());

    /// <summary>Extensions are offered in clear, and under TLS there are none.</summary>
    public static Scenario ExtensionsBeforeTlsOnly { get; } = Capability(
        "RFC 3207 §4.2", "Extensions are offered in clear, and under TLS there are none.",
        host => host.CapabilitiesAfterTls(),
        Delivered());

    /// <summary>Extensions are offered only under TLS.</summary>
    public static Scenario ExtensionsUnderTlsOnly { get; } = Capability(
        "RFC 3207 §4.2", "Extensions are offered only under TLS.",
        host => host.CapabilitiesBeforeTls(),
        Delivered());

    /// <summary>The MX host knows no EHLO under TLS, but HELO.</summary>
    public static Scenario EhloUnderTlsUnknown { get; } = Capability(
        "RFC 5321 §3.2", "The MX host knows no EHLO under TLS, but HELO.",
        host => host.On(SmtpPhase.EhloAfterTls, SmtpFault.Reply("502 5.5.1 not implemented")),
        Delivered());

    /// <summary>The MX host offers STARTTLS once more under TLS.</summary>
    public static Scenario StarttlsOfferedAgain { get; } = Capability(
        "RFC 3207 §4.2", "The MX host offers STARTTLS once more under TLS.",
        host => host.CapabilitiesAfterTls("STARTTLS", "PIPELINING"),
        Delivered());

    /// <summary>The MX host offers CHUNKING, and takes DATA all the same.</summary>
    public static Scenario ChunkingWithoutData { get; } = Capability(
        "RFC 3030 §2", "The MX host offers CHUNKING, and takes DATA all the same.",
        host => host.Capabilities("CHUNKING", "BINARYMIME"),
        Delivered());

    /// <summary>The MX host says that it takes no more than ten octets.</summary>
    public static Scenario SizeTooSmall { get; } = Capability(
        "RFC 1870 §6", "The MX host says that it takes no more than ten octets.",
        host => host.Capabilities("SIZE 10"),
        Failed("5.3.4").Forbids(NeverSent.Content));

    /// <summary>The MX host names no limit of size.</summary>
    public static Scenario SizeUnlimited { get; } = Capability(
        "RFC 1870 §4", "The MX host names no limit of size.",
        host => host.Capabilities("SIZE 0"),
        Delivered());

    /// <summary>The message has header fields beyond ASCII, and the MX host does not offer SMTPUTF8.</summary>
    public static Scenario SmtpUtf8Missing { get; } = Capability(
        "RFC 6531 §3.1", "The message has header fields beyond ASCII, and the MX host does not offer SMTPUTF8.",
        host => host.Capabilities("PIPELINING", "8BITMIME"),
        Failed("5.6.7").Forbids(NeverSent.Content).With("Subject: Gr\u00fc\u00dfe\r\n\r\nHello\r\n"));

    /// <summary>The message has header fields beyond ASCII, and the MX host offers SMTPUTF8 only in clear.</summary>
    public static Scenario SmtpUtf8InClearOnly { get; } = Capability(
        "RFC 6531 §3.1", "The message has header fields beyond ASCII, and the MX host offers SMTPUTF8 only in clear.",
        host => host.CapabilitiesAfterTls("PIPELINING", "8BITMIME"),
        Failed("5.6.7").Forbids(NeverSent.Content).With("Subject: Gr\u00fc\u00dfe\r\n\r\nHello\r\n"));

    /// <summary>The message has header fields beyond ASCII, and the MX host offers SMTPUTF8.</summary>
    public static Scenario SmtpUtf8Offered { get; } = Capability(
        "RFC 6531 §3.1", "The message has header fields beyond ASCII, and the MX host offers SMTPUTF8.",
        _ => { },
        Delivered().With("Subject: Gr\u00fc\u00dfe\r\n\r\nHello\r\n"));

    private static Scenario Capability(string source, string summary, Action<FakeMxHost> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        Enforced(ScenarioCategory.Capability, source, summary, internet => change(internet.MxHost(MxHost)), expected, name);
}
