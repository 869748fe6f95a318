namespace MtaSts.Delivery.Reporting;

/// <summary>How a received report differs from what RFC 8460 asks; each is read all the same. RFC 8460 §4, RFC 7493.</summary>
public enum TlsReportDeviationKind
{
    /// <summary>A member that must be there is not, or is null.</summary>
    MissingMember,

    /// <summary>A member that the RFC does not know.</summary>
    UnknownMember,

    /// <summary>A member that stands there twice; the last one counts.</summary>
    DuplicateMember,

    /// <summary>A member of another JSON type than the RFC's.</summary>
    WrongType,

    /// <summary>A count that is no integer from 0 up; digits in a string are read.</summary>
    CountInvalid,

    /// <summary>A date and time that RFC 3339 does not know; one without a zone is read as UTC.</summary>
    DateTimeInvalid,

    /// <summary>The time reported on begins after its end.</summary>
    DateRangeReversed,

    /// <summary><c>mx-host</c> is a string, not an array of strings.</summary>
    MxHostNotArray,

    /// <summary><c>policy-string</c> is a string, not an array of strings.</summary>
    PolicyStringNotArray,

    /// <summary>A policy type that is not one of the three.</summary>
    UnknownPolicyType,

    /// <summary>A result type that the RFC does not know.</summary>
    UnknownResultType,

    /// <summary>A policy domain that is no domain name in A-labels.</summary>
    PolicyDomainInvalid,

    /// <summary><c>contact-info</c> is no mailbox.</summary>
    ContactInvalid,

    /// <summary>An address that is no IP address.</summary>
    AddressInvalid,

    /// <summary><c>additional-information</c> is no URI.</summary>
    UriInvalid,

    /// <summary>There is no policy in the report.</summary>
    NoPolicies,

    /// <summary>The text begins with a byte order mark. RFC 7493 §2.1, RFC 8259 §8.1.</summary>
    ByteOrderMark,

    /// <summary>A string with what is not Unicode, or with control characters; U+FFFD stands in their place. RFC 7493 §2.1.</summary>
    TextInvalid,

    /// <summary>A string that is longer than 2,048 characters; the rest is cut.</summary>
    TextTooLong,
}
