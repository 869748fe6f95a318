namespace MtaSts.Delivery.Reporting;

/// <summary>Collects the deviations of one report; a hostile one could have millions.</summary>
internal sealed class ReadingNotes
{
    private const int MaxNotes = 1000;
    private readonly List<TlsReportDeviation> _all = [];

    public IReadOnlyList<TlsReportDeviation> All => _all;

    public void Add(TlsReportDeviationKind kind, string path, string detail)
    {
        if (_all.Count < MaxNotes)
        {
            _all.Add(new TlsReportDeviation(kind, path, PeerText.Clean(detail, 256)));
        }
    }
}
