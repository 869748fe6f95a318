namespace MtaSts.Delivery.Routing;

/// <summary>Why a domain takes no mail.</summary>
public enum NoMailReason
{
    /// <summary>The name does not exist. RFC 5321 §5.1.</summary>
    DomainNotFound,

    /// <summary>The domain says so with a null MX. RFC 7505 §3.</summary>
    NullMx,

    /// <summary>Neither MX nor address records.</summary>
    NoMailHost,

    /// <summary>There are MX records, but none names a host.</summary>
    NoUsableMx,

    /// <summary>Only this sender itself is left. RFC 5321 §5.1.</summary>
    Loop,
}
