namespace MtaSts.Delivery.Reporting;

/// <summary>How far a report has come.</summary>
public enum TlsReportState
{
    /// <summary>It is to be sent, or sent again.</summary>
    Waiting,

    /// <summary>One target took it. RFC 8460 §3.</summary>
    Sent,

    /// <summary>The domain wants no reports: it has no usable record.</summary>
    NotWanted,

    /// <summary>No target took it in time; it is given up. RFC 8460 §5.5.</summary>
    GivenUp,
}
