using System.Runtime.CompilerServices;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Testing;

/// <content>The text of the policy. The MX host has a self-signed certificate, which shows whether the policy is in force.</content>
public static partial class Scenarios
{
    /// <summary>The policy is empty.</summary>
    public static Scenario PolicyEmpty { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy is empty.",
        domain => domain.PolicyText(""),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The policy is a web page.</summary>
    public static Scenario PolicyIsHtml { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy is a web page.",
        domain => domain.PolicyText("<!DOCTYPE html>\r\n<html><body>Not found</body></html>\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The policy has no version.</summary>
    public static Scenario PolicyWithoutVersion { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy has no version.",
        domain => domain.PolicyText("mode: enforce\r\nmx: mx1.example.test\r\nmax_age: 604800\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The policy is of a version that nobody knows.</summary>
    public static Scenario PolicyOfOtherVersion { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy is of a version that nobody knows.",
        domain => domain.PolicyText("version: STSv2\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: 604800\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The policy has no mode.</summary>
    public static Scenario PolicyWithoutMode { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy has no mode.",
        domain => domain.PolicyText("version: STSv1\r\nmx: mx1.example.test\r\nmax_age: 604800\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The mode is a word that nobody knows.</summary>
    public static Scenario PolicyModeUnknown { get; } = PolicyText(
        "RFC 8461 §3.2", "The mode is a word that nobody knows.",
        domain => domain.PolicyText("version: STSv1\r\nmode: report\r\nmx: mx1.example.test\r\nmax_age: 604800\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The mode is in upper case.</summary>
    public static Scenario PolicyModeInUpperCase { get; } = PolicyText(
        "RFC 8461 §3.2", "The mode is in upper case.",
        domain => domain.PolicyText("version: STSv1\r\nmode: ENFORCE\r\nmx: mx1.example.test\r\nmax_age: 604800\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The policy has no max_age.</summary>
    public static Scenario PolicyWithoutMaxAge { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy has no max_age.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The max_age is negative.</summary>
    public static Scenario PolicyMaxAgeNegative { get; } = PolicyText(
        "RFC 8461 §3.2", "The max_age is negative.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: -1\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The max_age is not a number.</summary>
    public static Scenario PolicyMaxAgeInWords { get; } = PolicyText(
        "RFC 8461 §3.2", "The max_age is not a number.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: 1 week\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The max_age has ten digits, more than fit into 32 bits and more than the limit.</summary>
    public static Scenario PolicyMaxAgeHuge { get; } = PolicyText(
        "RFC 8461 §3.2", "The max_age has ten digits, more than fit into 32 bits and more than the limit.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: 9999999999\r\n"),
        PolicyHolds());

    /// <summary>The max_age is zero: the policy holds for the message it was fetched for.</summary>
    public static Scenario PolicyMaxAgeZero { get; } = PolicyText(
        "RFC 8461 §3.2", "The max_age is zero: the policy holds for the message it was fetched for.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: 0\r\n"),
        PolicyHolds());

    /// <summary>The policy enforces, but names no MX host.</summary>
    public static Scenario PolicyWithoutMx { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy enforces, but names no MX host.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nmax_age: 604800\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The policy names an address.</summary>
    public static Scenario PolicyMxIsAddress { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy names an address.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nmx: 192.0.2.1\r\nmax_age: 604800\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The policy has a wildcard that is not the whole first label.</summary>
    public static Scenario PolicyMxWildcardInside { get; } = PolicyText(
        "RFC 8461 §4.1", "The policy has a wildcard that is not the whole first label.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nmx: mx*.example.test\r\nmax_age: 604800\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The policy names two MX hosts in one line.</summary>
    public static Scenario PolicyMxListInOneLine { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy names two MX hosts in one line.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test, mx2.example.test\r\nmax_age: 604800\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The mode is there twice: the first counts, whatever somebody has added.</summary>
    public static Scenario PolicyModeTwice { get; } = PolicyText(
        "RFC 8461 §3.2", "The mode is there twice: the first counts, whatever somebody has added.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: 604800\r\nmode: none\r\n"),
        PolicyHolds());

    /// <summary>The policy has a field that nobody knows.</summary>
    public static Scenario PolicyWithUnknownField { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy has a field that nobody knows.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nx-note: hello\r\nmx: mx1.example.test\r\nmax_age: 604800\r\n"),
        PolicyHolds());

    /// <summary>The lines of the policy end with LF alone.</summary>
    public static Scenario PolicyWithLineFeeds { get; } = PolicyText(
        "RFC 8461 §3.2", "The lines of the policy end with LF alone.",
        domain => domain.PolicyText("version: STSv1\nmode: enforce\nmx: mx1.example.test\nmax_age: 604800\n"),
        PolicyHolds());

    /// <summary>The last line of the policy has no end.</summary>
    public static Scenario PolicyWithoutLastLineEnd { get; } = PolicyText(
        "RFC 8461 §3.2", "The last line of the policy has no end.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: 604800"),
        PolicyHolds());

    /// <summary>The policy begins with a byte order mark.</summary>
    public static Scenario PolicyWithByteOrderMark { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy begins with a byte order mark.",
        domain => domain.PolicyText("\ufeffversion: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: 604800\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The policy has a comment line, which the grammar does not know.</summary>
    public static Scenario PolicyWithComment { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy has a comment line, which the grammar does not know.",
        domain => domain.PolicyText("version: STSv1\r\n# ours\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: 604800\r\n"),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The policy ends with blank lines.</summary>
    public static Scenario PolicyWithBlankLinesAtTheEnd { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy ends with blank lines.",
        domain => domain.PolicyText("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: 604800\r\n\r\n\r\n"),
        PolicyHolds());

    /// <summary>The policy holds octets that are no UTF-8.</summary>
    public static Scenario PolicyNotUtf8 { get; } = PolicyText(
        "RFC 8461 §3.2", "The policy holds octets that are no UTF-8.",
        domain => domain.PolicyText([.. "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.test\r\nmax_age: 604800\r\nx-note: "u8, 0xff, 0xfe, (byte)'\r', (byte)'\n']),
        DeliveredUnverified().Reports(PolicyInvalid));

    /// <summary>The policy is in mode testing: mail goes, and the failure is reported.</summary>
    public static Scenario PolicyModeTesting { get; } = PolicyText(
        "RFC 8461 §5", "The policy is in mode testing: mail goes, and the failure is reported.",
        domain => domain.Policy(PolicyMode.Testing, MxHost),
        DeliveredUnverified().Reports(NotTrusted));

    /// <summary>The policy is in mode testing and does not name the MX host.</summary>
    public static Scenario PolicyModeTestingHostNotNamed { get; } = PolicyText(
        "RFC 8461 §5", "The policy is in mode testing and does not name the MX host.",
        domain => domain.Policy(PolicyMode.Testing, SecondMxHost),
        DeliveredUnverified().Reports(NotTrusted, ValidationFailure));

    /// <summary>The policy is in mode none: as if there were none.</summary>
    public static Scenario PolicyModeNone { get; } = PolicyText(
        "RFC 8461 §5", "The policy is in mode none: as if there were none.",
        domain => domain.Policy(PolicyMode.None),
        DeliveredUnverified());

    private static Scenario PolicyText(string source, string summary, Action<FakeDomain> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        Revealing(ScenarioCategory.PolicyText, source, summary, change, expected, name);
}
