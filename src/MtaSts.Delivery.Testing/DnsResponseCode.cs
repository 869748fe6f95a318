namespace MtaSts.Delivery.Testing;

/// <summary>The RCODE of a DNS reply. RFC 1035 §4.1.1.</summary>
public enum DnsResponseCode
{
    /// <summary>The question was answered, perhaps with no records.</summary>
    NoError = 0,

    /// <summary>FORMERR.</summary>
    FormatError = 1,

    /// <summary>SERVFAIL.</summary>
    ServerFailure = 2,

    /// <summary>NXDOMAIN.</summary>
    NameError = 3,

    /// <summary>NOTIMP.</summary>
    NotImplemented = 4,

    /// <summary>REFUSED.</summary>
    Refused = 5,
}
