using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>What an MX host saw, at all its addresses.</summary>
internal sealed class MxJournal
{
    public Log<ReceivedMessage> Messages { get; } = new();

    public Log<SmtpTranscript> Sessions { get; } = new();
}
