using System.Text.Json.Serialization;

namespace MtaSts.Delivery.Reporting;

/// <summary>What came of reading a received report.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Read), "read")]
[JsonDerivedType(typeof(Unreadable), "unreadable")]
public abstract record TlsReportReading
{
    private TlsReportReading()
    {
    }

    /// <summary>It is a report.</summary>
    /// <param name="Report">The report.</param>
    /// <param name="Deviations">How it differs from RFC 8460, in the order of the text; at most 1,000. Who is strict takes only reports without any.</param>
    public sealed record Read(TlsReport Report, IReadOnlyList<TlsReportDeviation> Deviations) : TlsReportReading
    {
        /// <summary>Whether the report is as RFC 8460 asks.</summary>
        public bool Conforms => Deviations.Count == 0;
    }

    /// <summary>It is none, or one that would be too much.</summary>
    /// <param name="Fault">What is wrong.</param>
    /// <param name="Detail">The same for a person.</param>
    public sealed record Unreadable(TlsReportFault Fault, string Detail) : TlsReportReading;
}
