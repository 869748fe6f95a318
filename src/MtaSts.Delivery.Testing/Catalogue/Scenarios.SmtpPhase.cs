using System.Runtime.CompilerServices;

namespace MtaSts.Delivery.Testing;

/// <content>A fault in a phase of the SMTP session.</content>
public static partial class Scenarios
{
    /// <summary>The MX host greets with 451.</summary>
    public static Scenario GreetingRefusedForNow { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host greets with 451.",
        host => host.On(SmtpPhase.Greeting, SmtpFault.Reply("451 4.3.0 not now")),
        Deferred("4.3.0").Forbids(NeverSent.Mail));

    /// <summary>The MX host greets with 554.</summary>
    public static Scenario GreetingRefusedForGood { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host greets with 554.",
        host => host.On(SmtpPhase.Greeting, SmtpFault.Reply("554 5.3.0 not ever")),
        Deferred("4.7.0").Forbids(NeverSent.Mail));

    /// <summary>The MX host greets with 421 and hangs up.</summary>
    public static Scenario GreetingServiceClosing { get; } = Phase(
        "RFC 5321 §3.8", "The MX host greets with 421 and hangs up.",
        host => host.On(SmtpPhase.Greeting, SmtpFault.Reply("421 4.3.2 closing").ThenDrop()),
        Deferred("4.3.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host hangs up instead of answering the connection.</summary>
    public static Scenario GreetingDropped { get; } = Phase(
        "RFC 5321 §3.8", "The MX host hangs up instead of answering the connection.",
        host => host.On(SmtpPhase.Greeting, SmtpFault.Drop),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host never answers the connection.</summary>
    public static Scenario GreetingStalls { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The MX host never answers the connection.",
        host => host.On(SmtpPhase.Greeting, SmtpFault.Stall),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers the connection with something that is no reply.</summary>
    public static Scenario GreetingGarbage { get; } = Phase(
        "RFC 5321 §4.2", "The MX host answers the connection with something that is no reply.",
        host => host.On(SmtpPhase.Greeting, SmtpFault.Garbage),
        Deferred("4.5.0").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers the connection with lines without end.</summary>
    public static Scenario GreetingFlood { get; } = Phase(
        "RFC 5321 §4.5.3.1.5", "The MX host answers the connection with lines without end.",
        host => host.On(SmtpPhase.Greeting, SmtpFault.Flood),
        Deferred("4.5.0").Forbids(NeverSent.Mail));

    /// <summary>The answer to the connection comes one octet every half minute and has no end.</summary>
    public static Scenario GreetingDripsIn { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The answer to the connection comes one octet every half minute and has no end.",
        host => host.On(SmtpPhase.Greeting, SmtpFault.Drip(1000, TimeSpan.FromSeconds(30))),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers EHLO, and HELO too, with 451.</summary>
    public static Scenario EhloRefusedForNow { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host answers EHLO, and HELO too, with 451.",
        host => host.On(SmtpPhase.Ehlo, SmtpFault.Reply("451 4.3.0 not now")).On(SmtpPhase.Helo, SmtpFault.Reply("451 4.3.0 not now")),
        Deferred("4.3.0").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers EHLO, and HELO too, with 554.</summary>
    public static Scenario EhloRefusedForGood { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host answers EHLO, and HELO too, with 554.",
        host => host.On(SmtpPhase.Ehlo, SmtpFault.Reply("554 5.3.0 not ever")).On(SmtpPhase.Helo, SmtpFault.Reply("554 5.3.0 not ever")),
        Deferred("4.7.0").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers EHLO with 421 and hangs up.</summary>
    public static Scenario EhloServiceClosing { get; } = Phase(
        "RFC 5321 §3.8", "The MX host answers EHLO with 421 and hangs up.",
        host => host.On(SmtpPhase.Ehlo, SmtpFault.Reply("421 4.3.2 closing").ThenDrop()),
        Deferred("4.3.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host hangs up instead of answering EHLO.</summary>
    public static Scenario EhloDropped { get; } = Phase(
        "RFC 5321 §3.8", "The MX host hangs up instead of answering EHLO.",
        host => host.On(SmtpPhase.Ehlo, SmtpFault.Drop),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host never answers EHLO.</summary>
    public static Scenario EhloStalls { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The MX host never answers EHLO.",
        host => host.On(SmtpPhase.Ehlo, SmtpFault.Stall),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers EHLO with something that is no reply.</summary>
    public static Scenario EhloGarbage { get; } = Phase(
        "RFC 5321 §4.2", "The MX host answers EHLO with something that is no reply.",
        host => host.On(SmtpPhase.Ehlo, SmtpFault.Garbage),
        Deferred("4.5.0").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers EHLO with lines without end.</summary>
    public static Scenario EhloFlood { get; } = Phase(
        "RFC 5321 §4.5.3.1.5", "The MX host answers EHLO with lines without end.",
        host => host.On(SmtpPhase.Ehlo, SmtpFault.Flood),
        Deferred("4.5.0").Forbids(NeverSent.Mail));

    /// <summary>The answer to EHLO comes one octet every half minute and has no end.</summary>
    public static Scenario EhloDripsIn { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The answer to EHLO comes one octet every half minute and has no end.",
        host => host.On(SmtpPhase.Ehlo, SmtpFault.Drip(1000, TimeSpan.FromSeconds(30))),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers EHLO, and HELO too, under TLS with 451.</summary>
    public static Scenario EhloUnderTlsRefusedForNow { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host answers EHLO, and HELO too, under TLS with 451.",
        host => host.On(SmtpPhase.EhloAfterTls, SmtpFault.Reply("451 4.3.0 not now")).On(SmtpPhase.Helo, SmtpFault.Reply("451 4.3.0 not now")),
        Deferred("4.3.0").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers EHLO, and HELO too, under TLS with 554.</summary>
    public static Scenario EhloUnderTlsRefusedForGood { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host answers EHLO, and HELO too, under TLS with 554.",
        host => host.On(SmtpPhase.EhloAfterTls, SmtpFault.Reply("554 5.3.0 not ever")).On(SmtpPhase.Helo, SmtpFault.Reply("554 5.3.0 not ever")),
        Failed("5.3.0").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers EHLO under TLS with 421 and hangs up.</summary>
    public static Scenario EhloUnderTlsServiceClosing { get; } = Phase(
        "RFC 5321 §3.8", "The MX host answers EHLO under TLS with 421 and hangs up.",
        host => host.On(SmtpPhase.EhloAfterTls, SmtpFault.Reply("421 4.3.2 closing").ThenDrop()),
        Deferred("4.3.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host hangs up instead of answering EHLO under TLS.</summary>
    public static Scenario EhloUnderTlsDropped { get; } = Phase(
        "RFC 5321 §3.8", "The MX host hangs up instead of answering EHLO under TLS.",
        host => host.On(SmtpPhase.EhloAfterTls, SmtpFault.Drop),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host never answers EHLO under TLS.</summary>
    public static Scenario EhloUnderTlsStalls { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The MX host never answers EHLO under TLS.",
        host => host.On(SmtpPhase.EhloAfterTls, SmtpFault.Stall),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers EHLO under TLS with something that is no reply.</summary>
    public static Scenario EhloUnderTlsGarbage { get; } = Phase(
        "RFC 5321 §4.2", "The MX host answers EHLO under TLS with something that is no reply.",
        host => host.On(SmtpPhase.EhloAfterTls, SmtpFault.Garbage),
        Deferred("4.5.0").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers EHLO under TLS with lines without end.</summary>
    public static Scenario EhloUnderTlsFlood { get; } = Phase(
        "RFC 5321 §4.5.3.1.5", "The MX host answers EHLO under TLS with lines without end.",
        host => host.On(SmtpPhase.EhloAfterTls, SmtpFault.Flood),
        Deferred("4.5.0").Forbids(NeverSent.Mail));

    /// <summary>The answer to EHLO under TLS comes one octet every half minute and has no end.</summary>
    public static Scenario EhloUnderTlsDripsIn { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The answer to EHLO under TLS comes one octet every half minute and has no end.",
        host => host.On(SmtpPhase.EhloAfterTls, SmtpFault.Drip(1000, TimeSpan.FromSeconds(30))),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The MX host answers MAIL with 451.</summary>
    public static Scenario MailRefusedForNow { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host answers MAIL with 451.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Reply("451 4.3.0 not now")),
        Deferred("4.3.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers MAIL with 554.</summary>
    public static Scenario MailRefusedForGood { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host answers MAIL with 554.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Reply("554 5.3.0 not ever")),
        Failed("5.3.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers MAIL with 421 and hangs up.</summary>
    public static Scenario MailServiceClosing { get; } = Phase(
        "RFC 5321 §3.8", "The MX host answers MAIL with 421 and hangs up.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Reply("421 4.3.2 closing").ThenDrop()),
        Deferred("4.3.2").Forbids(NeverSent.Content));

    /// <summary>The MX host hangs up instead of answering MAIL.</summary>
    public static Scenario MailDropped { get; } = Phase(
        "RFC 5321 §3.8", "The MX host hangs up instead of answering MAIL.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Drop),
        Deferred("4.4.2").Forbids(NeverSent.Content));

    /// <summary>The MX host never answers MAIL.</summary>
    public static Scenario MailStalls { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The MX host never answers MAIL.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Stall),
        Deferred("4.4.2").Forbids(NeverSent.Content));

    /// <summary>The MX host answers MAIL with something that is no reply.</summary>
    public static Scenario MailGarbage { get; } = Phase(
        "RFC 5321 §4.2", "The MX host answers MAIL with something that is no reply.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Garbage),
        Deferred("4.5.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers MAIL with lines without end.</summary>
    public static Scenario MailFlood { get; } = Phase(
        "RFC 5321 §4.5.3.1.5", "The MX host answers MAIL with lines without end.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Flood),
        Deferred("4.5.0").Forbids(NeverSent.Content));

    /// <summary>The answer to MAIL comes one octet every half minute and has no end.</summary>
    public static Scenario MailDripsIn { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The answer to MAIL comes one octet every half minute and has no end.",
        host => host.On(SmtpPhase.Mail, SmtpFault.Drip(1000, TimeSpan.FromSeconds(30))),
        Deferred("4.4.2").Forbids(NeverSent.Content));

    /// <summary>The MX host answers RCPT with 451.</summary>
    public static Scenario RcptRefusedForNow { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host answers RCPT with 451.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Reply("451 4.3.0 not now")),
        Deferred("4.3.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers RCPT with 554.</summary>
    public static Scenario RcptRefusedForGood { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host answers RCPT with 554.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Reply("554 5.3.0 not ever")),
        Failed("5.3.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers RCPT with 421 and hangs up.</summary>
    public static Scenario RcptServiceClosing { get; } = Phase(
        "RFC 5321 §3.8", "The MX host answers RCPT with 421 and hangs up.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Reply("421 4.3.2 closing").ThenDrop()),
        Deferred("4.3.2").Forbids(NeverSent.Content));

    /// <summary>The MX host hangs up instead of answering RCPT.</summary>
    public static Scenario RcptDropped { get; } = Phase(
        "RFC 5321 §3.8", "The MX host hangs up instead of answering RCPT.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Drop),
        Deferred("4.4.2").Forbids(NeverSent.Content));

    /// <summary>The MX host never answers RCPT.</summary>
    public static Scenario RcptStalls { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The MX host never answers RCPT.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Stall),
        Deferred("4.4.2").Forbids(NeverSent.Content));

    /// <summary>The MX host answers RCPT with something that is no reply.</summary>
    public static Scenario RcptGarbage { get; } = Phase(
        "RFC 5321 §4.2", "The MX host answers RCPT with something that is no reply.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Garbage),
        Deferred("4.5.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers RCPT with lines without end.</summary>
    public static Scenario RcptFlood { get; } = Phase(
        "RFC 5321 §4.5.3.1.5", "The MX host answers RCPT with lines without end.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Flood),
        Deferred("4.5.0").Forbids(NeverSent.Content));

    /// <summary>The answer to RCPT comes one octet every half minute and has no end.</summary>
    public static Scenario RcptDripsIn { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The answer to RCPT comes one octet every half minute and has no end.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Drip(1000, TimeSpan.FromSeconds(30))),
        Deferred("4.4.2").Forbids(NeverSent.Content));

    /// <summary>The MX host answers DATA with 451.</summary>
    public static Scenario DataRefusedForNow { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host answers DATA with 451.",
        host => host.On(SmtpPhase.Data, SmtpFault.Reply("451 4.3.0 not now")),
        Deferred("4.3.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers DATA with 554.</summary>
    public static Scenario DataRefusedForGood { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host answers DATA with 554.",
        host => host.On(SmtpPhase.Data, SmtpFault.Reply("554 5.3.0 not ever")),
        Failed("5.3.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers DATA with 421 and hangs up.</summary>
    public static Scenario DataServiceClosing { get; } = Phase(
        "RFC 5321 §3.8", "The MX host answers DATA with 421 and hangs up.",
        host => host.On(SmtpPhase.Data, SmtpFault.Reply("421 4.3.2 closing").ThenDrop()),
        Deferred("4.3.2").Forbids(NeverSent.Content));

    /// <summary>The MX host hangs up instead of answering DATA.</summary>
    public static Scenario DataDropped { get; } = Phase(
        "RFC 5321 §3.8", "The MX host hangs up instead of answering DATA.",
        host => host.On(SmtpPhase.Data, SmtpFault.Drop),
        Deferred("4.4.2").Forbids(NeverSent.Content));

    /// <summary>The MX host never answers DATA.</summary>
    public static Scenario DataStalls { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The MX host never answers DATA.",
        host => host.On(SmtpPhase.Data, SmtpFault.Stall),
        Deferred("4.4.2").Forbids(NeverSent.Content));

    /// <summary>The MX host answers DATA with something that is no reply.</summary>
    public static Scenario DataGarbage { get; } = Phase(
        "RFC 5321 §4.2", "The MX host answers DATA with something that is no reply.",
        host => host.On(SmtpPhase.Data, SmtpFault.Garbage),
        Deferred("4.5.0").Forbids(NeverSent.Content));

    /// <summary>The MX host answers DATA with lines without end.</summary>
    public static Scenario DataFlood { get; } = Phase(
        "RFC 5321 §4.5.3.1.5", "The MX host answers DATA with lines without end.",
        host => host.On(SmtpPhase.Data, SmtpFault.Flood),
        Deferred("4.5.0").Forbids(NeverSent.Content));

    /// <summary>The answer to DATA comes one octet every half minute and has no end.</summary>
    public static Scenario DataDripsIn { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The answer to DATA comes one octet every half minute and has no end.",
        host => host.On(SmtpPhase.Data, SmtpFault.Drip(1000, TimeSpan.FromSeconds(30))),
        Deferred("4.4.2").Forbids(NeverSent.Content));

    /// <summary>The MX host answers the end of the message with 451.</summary>
    public static Scenario FinalDotRefusedForNow { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host answers the end of the message with 451.",
        host => host.On(SmtpPhase.FinalDot, SmtpFault.Reply("451 4.3.0 not now")),
        Deferred("4.3.0"));

    /// <summary>The MX host answers the end of the message with 554.</summary>
    public static Scenario FinalDotRefusedForGood { get; } = Phase(
        "RFC 5321 §4.2.1", "The MX host answers the end of the message with 554.",
        host => host.On(SmtpPhase.FinalDot, SmtpFault.Reply("554 5.3.0 not ever")),
        Failed("5.3.0"));

    /// <summary>The MX host answers the end of the message with 421 and hangs up.</summary>
    public static Scenario FinalDotServiceClosing { get; } = Phase(
        "RFC 5321 §3.8", "The MX host answers the end of the message with 421 and hangs up.",
        host => host.On(SmtpPhase.FinalDot, SmtpFault.Reply("421 4.3.2 closing").ThenDrop()),
        Deferred("4.3.2"));

    /// <summary>The MX host hangs up instead of answering the end of the message.</summary>
    public static Scenario FinalDotDropped { get; } = Phase(
        "RFC 5321 §3.8", "The MX host hangs up instead of answering the end of the message.",
        host => host.On(SmtpPhase.FinalDot, SmtpFault.Drop),
        DeferredPerhapsDelivered());

    /// <summary>The MX host never answers the end of the message.</summary>
    public static Scenario FinalDotStalls { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The MX host never answers the end of the message.",
        host => host.On(SmtpPhase.FinalDot, SmtpFault.Stall),
        DeferredPerhapsDelivered());

    /// <summary>The MX host answers the end of the message with something that is no reply.</summary>
    public static Scenario FinalDotGarbage { get; } = Phase(
        "RFC 5321 §4.2", "The MX host answers the end of the message with something that is no reply.",
        host => host.On(SmtpPhase.FinalDot, SmtpFault.Garbage),
        DeferredPerhapsDelivered());

    /// <summary>The MX host answers the end of the message with lines without end.</summary>
    public static Scenario FinalDotFlood { get; } = Phase(
        "RFC 5321 §4.5.3.1.5", "The MX host answers the end of the message with lines without end.",
        host => host.On(SmtpPhase.FinalDot, SmtpFault.Flood),
        DeferredPerhapsDelivered());

    /// <summary>The answer to the end of the message comes one octet every half minute and has no end.</summary>
    public static Scenario FinalDotDripsIn { get; } = Phase(
        "RFC 5321 §4.5.3.2", "The answer to the end of the message comes one octet every half minute and has no end.",
        host => host.On(SmtpPhase.FinalDot, SmtpFault.Drip(1000, TimeSpan.FromSeconds(30))),
        DeferredPerhapsDelivered());

    /// <summary>The MX host refuses the connection.</summary>
    public static Scenario ConnectionRefused { get; } = Phase(
        "RFC 5321 §4.5.4.1", "The MX host refuses the connection.",
        host => host.On(SmtpPhase.Connect, SmtpFault.RefuseConnection),
        Deferred("4.4.1").Forbids(NeverSent.Connection));

    /// <summary>Packets to the MX host are lost.</summary>
    public static Scenario ConnectionUnanswered { get; } = Phase(
        "RFC 5321 §4.5.4.1", "Packets to the MX host are lost.",
        host => host.On(SmtpPhase.Connect, SmtpFault.BlackHole),
        Deferred("4.4.1").Forbids(NeverSent.Connection));

    /// <summary>The MX host takes the connection and hangs up at once.</summary>
    public static Scenario ConnectionDropped { get; } = Phase(
        "RFC 5321 §3.8", "The MX host takes the connection and hangs up at once.",
        host => host.On(SmtpPhase.Connect, SmtpFault.Drop),
        Deferred("4.4.2").Forbids(NeverSent.Mail));

    /// <summary>The connection is reset in the middle of the message.</summary>
    public static Scenario ContentCutOff { get; } = Phase(
        "RFC 5321 §3.8", "The connection is reset in the middle of the message.",
        host => host.On(SmtpPhase.Content, SmtpFault.Reset),
        LongMessage(Deferred("4.4.2")));

    /// <summary>The MX host falls silent in the middle of the message.</summary>
    public static Scenario ContentStalls { get; } = Phase(
        "RFC 5321 §4.5.3.2.6", "The MX host falls silent in the middle of the message.",
        host => host.On(SmtpPhase.Content, SmtpFault.Stall),
        DeferredPerhapsDelivered());

    /// <summary>The MX host never answers QUIT.</summary>
    public static Scenario QuitStalls { get; } = Phase(
        "RFC 5321 §4.1.1.10", "The MX host never answers QUIT.",
        host => host.On(SmtpPhase.Quit, SmtpFault.Stall),
        Delivered());

    /// <summary>The MX host hangs up at QUIT.</summary>
    public static Scenario QuitDropped { get; } = Phase(
        "RFC 5321 §4.1.1.10", "The MX host hangs up at QUIT.",
        host => host.On(SmtpPhase.Quit, SmtpFault.Drop),
        Delivered());

    /// <summary>The MX host answers QUIT with 554.</summary>
    public static Scenario QuitRefused { get; } = Phase(
        "RFC 5321 §4.1.1.10", "The MX host answers QUIT with 554.",
        host => host.On(SmtpPhase.Quit, SmtpFault.Reply("554 stay")),
        Delivered());

    /// <summary>The MX host takes nine minutes to say that it has the message.</summary>
    public static Scenario FinalDotSlow { get; } = Phase(
        "RFC 5321 §4.5.3.2.6", "The MX host takes nine minutes to say that it has the message.",
        host => host.On(SmtpPhase.FinalDot, SmtpFault.Delay(TimeSpan.FromMinutes(9))),
        Delivered());

    /// <summary>The MX host takes four minutes to greet.</summary>
    public static Scenario GreetingSlow { get; } = Phase(
        "RFC 5321 §4.5.3.2.1", "The MX host takes four minutes to greet.",
        host => host.On(SmtpPhase.Greeting, SmtpFault.Delay(TimeSpan.FromMinutes(4))),
        Delivered());

    /// <summary>The MX host refuses the recipient at first, and half an hour later it does not.</summary>
    public static Scenario Greylisted { get; } = Phase(
        "RFC 6647 §2", "The MX host refuses the recipient at first, and half an hour later it does not.",
        host => host.On(SmtpPhase.Rcpt, SmtpFault.Reply("451 4.7.1 greylisted").Times(1)),
        Deferred("4.7.1").Forbids(NeverSent.Content))
        .Then("half an hour later", internet => internet.Clock.Advance(TimeSpan.FromMinutes(30)),
            Delivered());

    private static Scenario Phase(string source, string summary, Action<FakeMxHost> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        Enforced(ScenarioCategory.SmtpPhase, source, summary, internet => change(internet.MxHost(MxHost)), expected, name);

    private static ScenarioStep DeferredPerhapsDelivered() =>
        new ScenarioStep(new ExpectedOutcome(Recipient, OutcomeClass.Deferred, "4.4.2") { MayHaveBeenDelivered = true }).Forbids(NeverSent.MailInClear);

    /// <summary>Longer than what fits into the buffers on the way, so that the end cannot have gone out.</summary>
    private static ScenarioStep LongMessage(ScenarioStep step) =>
        step.With("Subject: Long\r\n\r\n" + string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", 200_000)));
}
