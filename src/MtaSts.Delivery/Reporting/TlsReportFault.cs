namespace MtaSts.Delivery.Reporting;

/// <summary>Why something is not read as a TLS report.</summary>
public enum TlsReportFault
{
    /// <summary>It begins like gzip and cannot be unpacked.</summary>
    NotGzip,

    /// <summary>It is longer than the limit, packed or unpacked.</summary>
    TooLarge,

    /// <summary>It is not JSON, or nested deeper than any report.</summary>
    NotJson,

    /// <summary>It is JSON, but nothing of a TLS report is in it; or a mail without a report.</summary>
    NotReport,
}
