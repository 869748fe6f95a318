namespace MtaSts.Delivery.Dane;

/// <summary>Whether MX hosts are held to their TLSA records. RFC 7672.</summary>
public enum DaneMode
{
    /// <summary>No: TLSA records are not looked up.</summary>
    Off,

    /// <summary>Yes, wherever DNSSEC vouches for the records; hosts without any get mail as before. RFC 7672 §2.2.</summary>
    Opportunistic,
}
