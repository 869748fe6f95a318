using System.Net;

namespace MtaSts.Delivery.Sessions;

/// <summary>An address that is left alone for a while.</summary>
/// <param name="Address">The address.</param>
/// <param name="Until">Until when.</param>
/// <param name="Reason">What it did, for a person.</param>
public sealed record HeldBackAddress(IPAddress Address, DateTimeOffset Until, string Reason);
