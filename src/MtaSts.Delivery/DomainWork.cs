using MtaSts.Delivery.Names;

namespace MtaSts.Delivery;

/// <summary>The recipients of one domain or address literal, whose line is their own.</summary>
internal sealed record DomainWork(DomainName? Domain, System.Net.IPAddress? Literal, IReadOnlyList<EnvelopeAddress> Recipients)
{
    public string Name => Recipients[0].DomainText;

    /// <summary>Whether the message is a TLS report, which no policy holds back and which is not reported on. RFC 8460 §3.</summary>
    public bool IsTlsReport { get; init; }

    /// <summary>Groups recipients by domain; no group ever sees another's. RFC 8461 §3.1.</summary>
    public static DomainWork[] Group(Envelope envelope) => envelope.Recipients is [{ } only]
        ? [new DomainWork(only.Domain, only.Literal, envelope.Recipients) { IsTlsReport = envelope.IsTlsReport }]
        : [.. envelope.Recipients.GroupBy(recipient => recipient.DomainText, StringComparer.Ordinal).Select(group => new DomainWork(group.First().Domain, group.First().Literal, [.. group])
        {
            IsTlsReport = envelope.IsTlsReport,
        })];
}
