using System.Runtime.CompilerServices;

namespace MtaSts.Delivery.Testing;

/// <content>Replies of unusual shape.</content>
public static partial class Scenarios
{
    /// <summary>Every reply is a bare code.</summary>
    public static Scenario ReplyWithoutText { get; } = Reply(
        "RFC 5321 §4.2", "Every reply is a bare code.",
        host => host.Greeting("220").On(SmtpPhase.Mail, SmtpFault.Reply("250")).On(SmtpPhase.Rcpt, SmtpFault.Reply("250")).On(SmtpPhase.Data, SmtpFault.Reply("354")),
        Delivered());

    /// <summary>The greeting has several lines.</summary>
    public static Scenario ReplyOfManyLines { get; } = Reply(
        "RFC 5321 §4.2.1", "The greeting has several lines.",
        host => host.Greeting("220-mx1.example.test\r\n220-hello\r\n220 there"),
        Delivered());

    /// <summary>The MX host answers MAIL with 259, and RCPT with 299.</summary>
    public static Scenario ReplyOfUnknownCode { get; } = Reply(
        "RFC 5321 §4.2", "The MX host answers MAIL with 259, and RCPT with 299.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Reply("259 yes")).On(SmtpPhase.Rcpt, SmtpFault.Reply("299 yes")),
        Delivered());

    /// <summary>The MX host answers RCPT with 252.</summary>
    public static Scenario ReplyThatCannotVerify { get; } = Reply(
        "RFC 5321 §3.5.3", "The MX host answers RCPT with 252.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Reply("252 2.1.5 cannot verify")),
        Delivered());

    /// <summary>The lines of one reply have different codes.</summary>
    public static Scenario ReplyWithTwoCodes { get; } = Reply(
        "RFC 5321 §4.2.1", "The lines of one reply have different codes.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Raw("250-yes\r\n550 no\r\n")),
        Deferred("4.5.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers MAIL twice, so that the second answer seems to be that to RCPT.</summary>
    public static Scenario ReplyTwice { get; } = Reply(
        "RFC 5321 §4.2", "The MX host answers MAIL twice, so that the second answer seems to be that to RCPT.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Reply("250 2.1.0 OK", "250 2.1.0 OK")),
        Deferred("4.5.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers MAIL with 650.</summary>
    public static Scenario ReplyOfUnknownClass { get; } = Reply(
        "RFC 5321 §4.2", "The MX host answers MAIL with 650.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Reply("650 6.0.0 what")),
        Deferred("4.5.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers MAIL with 354.</summary>
    public static Scenario ReplyThatContinuesNothing { get; } = Reply(
        "RFC 5321 §4.2", "The MX host answers MAIL with 354.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Reply("354 go on")),
        Deferred("4.5.0").Forbids(NeverSent.Content));

    /// <summary>The MX host refuses the recipient without an enhanced status.</summary>
    public static Scenario ReplyWithoutEnhancedStatus { get; } = Reply(
        "RFC 3463 §2", "The MX host refuses the recipient without an enhanced status.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Reply("550 no such user")),
        Failed("5.0.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers RCPT with 450 and an enhanced status that begins with 5: the code counts.</summary>
    public static Scenario ReplyWithEnhancedStatusOfAnotherClass { get; } = Reply(
        "RFC 2034 §4", "The MX host answers RCPT with 450 and an enhanced status that begins with 5: the code counts.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Reply("450 5.1.1 busy")),
        Deferred("4.0.0").Forbids(NeverSent.Content));

    /// <summary>The MX host refuses the recipient in words that would play with a terminal.</summary>
    public static Scenario ReplyWithControlCharacters { get; } = Reply(
        "RFC 5321 §4.2", "The MX host refuses the recipient in words that would play with a terminal.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Reply("550 5.1.1 \u001b[2Jno")),
        Failed("5.1.1").Forbids(NeverSent.Content));

    /// <summary>Something that speaks SSH listens on port 25.</summary>
    public static Scenario GreetingOfAnotherProtocol { get; } = Reply(
        "RFC 5321 §4.2", "Something that speaks SSH listens on port 25.",
        host => host.Greeting("SSH-2.0-OpenSSH_9.2"),
        Deferred("4.5.0").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers RCPT with 452, as the mailbox is full.</summary>
    public static Scenario MailboxFull { get; } = Reply(
        "RFC 5321 §4.2.3", "The MX host answers RCPT with 452, as the mailbox is full.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Reply("452 4.2.2 mailbox full")),
        Deferred("4.2.2").Forbids(NeverSent.Content));

    /// <summary>The MX host does not know the recipient.</summary>
    public static Scenario MailboxUnknown { get; } = Reply(
        "RFC 5321 §4.2.3", "The MX host does not know the recipient.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Reply("550 5.1.1 no such user")),
        Failed("5.1.1").Forbids(NeverSent.Content));

    /// <summary>The MX host refuses the message at its end.</summary>
    public static Scenario MessageRefusedAsSpam { get; } = Reply(
        "RFC 5321 §4.2.5", "The MX host refuses the message at its end.",
        host => host.On(SmtpPhase.FinalDot, SmtpFault.Reply("550 5.7.1 spam")),
        Failed("5.7.1"));

    /// <summary>The MX host wants authentication, which is never sent to it.</summary>
    public static Scenario AuthenticationRequired { get; } = Reply(
        "RFC 4954 §6", "The MX host wants authentication, which is never sent to it.",
        host => host.Capabilities("AUTH PLAIN LOGIN", "PIPELINING").On(SmtpPhase.Mail, SmtpFault.Reply("530 5.7.0 authentication required")),
        Failed("5.7.0").Forbids(NeverSent.Content));

    private static Scenario Reply(string source, string summary, Action<FakeMxHost> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        Enforced(ScenarioCategory.SmtpReply, source, summary, internet => change(internet.MxHost(MxHost)), expected, name);
}
