using System.Runtime.CompilerServices;

namespace MtaSts.Delivery.Testing;

/// <content>Several recipients with different answers.</content>
public static partial class Scenarios
{
    /// <summary>One of two recipients is unknown.</summary>
    public static Scenario OneRecipientUnknown { get; } = Recipients(
        "RFC 5321 §3.3", "One of two recipients is unknown.",
        host => host.OnRecipient(Second, SmtpFault.Reply("550 5.1.1 no such user")),
        Both(OutcomeClass.Delivered, "2.0.0", OutcomeClass.Failed, "5.1.1"));

    /// <summary>The mailbox of one of two recipients is full.</summary>
    public static Scenario OneMailboxFull { get; } = Recipients(
        "RFC 5321 §3.3", "The mailbox of one of two recipients is full.",
        host => host.OnRecipient(Second, SmtpFault.Reply("452 4.2.2 mailbox full")),
        Both(OutcomeClass.Delivered, "2.0.0", OutcomeClass.Deferred, "4.2.2"));

    /// <summary>The first of two recipients is unknown.</summary>
    public static Scenario FirstRecipientUnknown { get; } = Recipients(
        "RFC 5321 §3.3", "The first of two recipients is unknown.",
        host => host.OnRecipient(Recipient, SmtpFault.Reply("550 5.1.1 no such user")),
        Both(OutcomeClass.Failed, "5.1.1", OutcomeClass.Delivered, "2.0.0"));

    /// <summary>One recipient is unknown, and the mailbox of the other is full.</summary>
    public static Scenario EachRecipientRefusedDifferently { get; } = Recipients(
        "RFC 5321 §3.3", "One recipient is unknown, and the mailbox of the other is full.",
        host => host.OnRecipient(Recipient, SmtpFault.Reply("550 5.1.1 no such user")).OnRecipient(Second, SmtpFault.Reply("452 4.2.2 mailbox full")),
        Both(OutcomeClass.Failed, "5.1.1", OutcomeClass.Deferred, "4.2.2").Forbids(NeverSent.Content));

    /// <summary>The MX host takes one recipient in a transaction.</summary>
    public static Scenario OneRecipientAtATime { get; } = Recipients(
        "RFC 5321 §4.5.3.1.10", "The MX host takes one recipient in a transaction.",
        host => host.AcceptsRecipients(1),
        Both(OutcomeClass.Delivered, "2.0.0", OutcomeClass.Delivered, "2.0.0"));

    /// <summary>The MX host takes both recipients, and refuses the message for now.</summary>
    public static Scenario AllRecipientsButTheMessageRefused { get; } = Recipients(
        "RFC 5321 §4.2.5", "The MX host takes both recipients, and refuses the message for now.",
        host => host.On(SmtpPhase.FinalDot, SmtpFault.Reply("451 4.3.0 not now")),
        Both(OutcomeClass.Deferred, "4.3.0", OutcomeClass.Deferred, "4.3.0"));

    /// <summary>The MX host says 421 to the second recipient.</summary>
    public static Scenario ServiceClosingAtSecondRecipient { get; } = Recipients(
        "RFC 5321 §3.8", "The MX host says 421 to the second recipient.",
        host => host.OnRecipient(Second, SmtpFault.Reply("421 4.3.2 closing").ThenDrop()),
        Both(OutcomeClass.Deferred, "4.3.2", OutcomeClass.Deferred, "4.3.2").Forbids(NeverSent.Content));

    /// <summary>The connection ends at the second recipient.</summary>
    public static Scenario DroppedAtSecondRecipient { get; } = Recipients(
        "RFC 5321 §3.8", "The connection ends at the second recipient.",
        host => host.OnRecipient(Second, SmtpFault.Drop),
        Both(OutcomeClass.Deferred, "4.4.2", OutcomeClass.Deferred, "4.4.2").Forbids(NeverSent.Content));

    /// <summary>The certificate names another host: nobody's mail goes.</summary>
    public static Scenario PolicyRefusesAllRecipients { get; } = Recipients(
        "RFC 8461 §5", "The certificate names another host: nobody's mail goes.",
        host => host.Certificate(c => c.Names("other.test")),
        Both(OutcomeClass.Deferred, "4.7.5", OutcomeClass.Deferred, "4.7.5").Reports(HostMismatch).Forbids(NeverSent.Mail));

    private const string Second = "john@example.test";

    private static Scenario Recipients(string source, string summary, Action<FakeMxHost> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        Enforced(ScenarioCategory.Recipient, source, summary, internet => change(internet.MxHost(MxHost)), expected, name);

    private static ScenarioStep Both(OutcomeClass first, string firstStatus, OutcomeClass second, string secondStatus) =>
        new ScenarioStep(One(Recipient, first, firstStatus), One(Second, second, secondStatus)).Forbids(NeverSent.MailInClear);

    private static ExpectedOutcome One(string recipient, OutcomeClass outcome, string status) => new(recipient, outcome, status)
    {
        MxHost = outcome == OutcomeClass.Delivered ? MxHost : null,
        Protection = outcome == OutcomeClass.Delivered ? Protection.Verified : Protection.None,
    };
}
