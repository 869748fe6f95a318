using MtaSts.Delivery.Testing.Smtp;

namespace MtaSts.Delivery.Testing;

/// <content>Faults.</content>
public sealed partial class FakeMxHost
{
    /// <summary>STARTTLS is neither offered nor understood.</summary>
    public FakeMxHost NoStartTls() => Change(mx => mx.OffersStartTls = false);

    /// <summary>STARTTLS is offered, and then answered with this reply.</summary>
    public FakeMxHost StartTlsReply(string reply) => On(SmtpPhase.StartTls, SmtpFault.Reply(reply));

    /// <summary>EHLO is not understood, HELO is.</summary>
    public FakeMxHost HeloOnly() => Change(mx => mx.IsHeloOnly = true);

    /// <summary>MAIL in clear is answered with 530.</summary>
    public FakeMxHost RequireStartTls() => Change(mx => mx.RequiresStartTls = true);

    /// <summary>Octets in clear behind the 220 to STARTTLS, in the same segment, as an attacker on the path would slip them in.</summary>
    public FakeMxHost InjectAfterStartTls(string text) => Change(mx => mx.Injected = text);

    /// <summary>Another greeting than <c>220 name ESMTP</c>.</summary>
    public FakeMxHost Greeting(string line) => Change(mx => mx.Greeting = line);

    /// <summary>Spoils the TLS handshake.</summary>
    public FakeMxHost Handshake(HandshakeFault fault) => Change(mx => mx.Tls.Spoil(fault));

    /// <summary>A fault in a phase. Several faults of one phase take their turns: the next one begins where the one before has used up its <see cref="SmtpFault.Times"/>.</summary>
    public FakeMxHost On(SmtpPhase phase, SmtpFault fault)
    {
        RefuseUnlessConnect(phase, fault);
        return Change(mx => mx.Spoil(phase, fault));
    }

    /// <summary>A fault for one recipient, which must be exactly as in RCPT TO; it goes before faults of <see cref="SmtpPhase.Rcpt"/>.</summary>
    public FakeMxHost OnRecipient(string recipient, SmtpFault fault)
    {
        RefuseUnlessConnect(SmtpPhase.Rcpt, fault);
        if (recipient?.Contains('@', StringComparison.Ordinal) is not true)
        {
            throw new ArgumentException($"'{recipient}' is no address; a recipient is written as in RCPT TO, such as jane@example.test.", nameof(recipient));
        }

        return Change(mx => mx.SpoilRecipient(recipient, fault));
    }

    /// <summary>So many recipients in a transaction, and 452 4.5.3 to each further one.</summary>
    public FakeMxHost AcceptsRecipients(int max) => Change(mx => mx.MaxRecipients = max);

    /// <summary>Connections are refused.</summary>
    public FakeMxHost Down() => Change(mx => mx.IsDown = true);

    /// <summary>Removes all faults, capabilities and certificates that were set. Addresses stay, and so does what an address has of its own.</summary>
    public FakeMxHost Healthy() => Change(mx => mx.Heal());

    private static void RefuseUnlessConnect(SmtpPhase phase, SmtpFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (phase != SmtpPhase.Connect && fault.Action is FaultAction.RefuseConnection or FaultAction.BlackHole)
        {
            throw new InvalidOperationException($"A connection can be refused or ignored only at {nameof(SmtpPhase.Connect)}, not at {phase}.");
        }
    }
}
