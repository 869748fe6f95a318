using MtaSts.Delivery.Dns;

namespace MtaSts.Delivery.Dane;

/// <summary>Whether a presented chain is authenticated by TLSA records.</summary>
/// <param name="MatchedBy">The record that matched; <see langword="null"/> when none did.</param>
/// <param name="Detail">Why none did, for a person; otherwise empty.</param>
internal sealed record DaneVerdict(TlsaRecord? MatchedBy, string Detail);
