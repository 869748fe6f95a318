using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Sessions;

/// <summary>What the sender of one message wishes to be told. RFC 3461 §4.</summary>
internal sealed record DsnWishes(string? EnvelopeId, DsnReturn? Return, IReadOnlyDictionary<EnvelopeAddress, RecipientDsn> Notifications)
{
    /// <summary>The parameters of MAIL, each with a blank in front.</summary>
    public string ForMail() => DsnParameters.ForMail(EnvelopeId, Return);

    /// <summary>The parameters of RCPT for one recipient, each with a blank in front.</summary>
    public string ForRcpt(EnvelopeAddress recipient) => DsnParameters.ForRecipient(Notifications.GetValueOrDefault(recipient));
}
