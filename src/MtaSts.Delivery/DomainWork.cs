using MtaSts.Delivery.Names;

namespace MtaSts.Delivery;

/// <summary>The recipients of one domain or address literal, whose line is their own.</summary>
internal sealed record DomainWork(DomainName? Domain, System.Net.IPAddress? Literal, IReadOnlyList<EnvelopeAddress> Recipients)
{
    public string Name => Recipients[0].DomainText;

    /// <summary>Groups recipients by domain; no group ever sees another's. RFC 8461 §3.1.</summary>
    public static DomainWork[] Group(IEnumerable<EnvelopeAddress> recipients) =>
        [.. recipients.GroupBy(recipient => recipient.DomainText, StringComparer.Ordinal).Select(group => new DomainWork(group.First().Domain, group.First().Literal, [.. group]))];
}
