using System.Net;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Routing;

/// <summary>One host that mail may be handed to.</summary>
/// <param name="Host">The name in the MX record, which policy, SNI and certificate are measured by; <see langword="null"/> for an address literal.</param>
/// <param name="Literal">The address, for an address literal; otherwise <see langword="null"/>.</param>
/// <param name="Preference">Its preference, 0 to 65535; 0 for an implicit MX, a smart host or a literal.</param>
/// <param name="Port">Its port.</param>
public sealed record MxCandidate(DomainName? Host, IPAddress? Literal, int Preference, int Port)
{
    /// <summary>The name, or the literal's text.</summary>
    public string Name => Host?.Value ?? $"[{Literal}]";
}
