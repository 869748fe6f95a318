namespace MtaSts.Delivery.Routing;

/// <summary>Where the hosts of a route come from.</summary>
public enum RouteOrigin
{
    /// <summary>MX records.</summary>
    MxRecords,

    /// <summary>No MX records: the domain itself is the host. RFC 5321 §5.1.</summary>
    ImplicitMx,

    /// <summary>The address named its host by address. RFC 5321 §4.1.3.</summary>
    AddressLiteral,

    /// <summary>A smart host was configured.</summary>
    SmartHost,
}
