using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Outcomes;

/// <summary>What one attempt came to for one recipient.</summary>
/// <param name="Recipient">The recipient.</param>
/// <param name="Handover">What came of it.</param>
public sealed record RecipientHandover(EnvelopeAddress Recipient, Handover Handover);
