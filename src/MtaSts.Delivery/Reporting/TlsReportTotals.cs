namespace MtaSts.Delivery.Reporting;

/// <summary>The counts of any number of received reports, added up.</summary>
/// <remarks>Exact as far as the reports are; a sum beyond the range of its type stays at the highest value. Not for several threads.</remarks>
public sealed class TlsReportTotals
{
    private readonly HashSet<(string?, string?)> _seen = [];
    private readonly Dictionary<string, TlsSessionCounts> _byDomain = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, long> _byMxHost = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, long> _byResultType = new(StringComparer.Ordinal);

    /// <summary>How many reports were counted.</summary>
    public int Reports { get; private set; }

    /// <summary>All sessions.</summary>
    public TlsSessionCounts All { get; private set; }

    /// <summary>The sessions by policy domain; empty text stands for entries without one.</summary>
    public IReadOnlyDictionary<string, TlsSessionCounts> ByDomain => _byDomain;

    /// <summary>The failures by MX host name; empty text stands for failures without one, such as those of a policy fetch.</summary>
    /// <remarks>Reports tell the MX host of failures only. One session may stand behind several failures.</remarks>
    public IReadOnlyDictionary<string, long> FailuresByMxHost => _byMxHost;

    /// <summary>The failures by result type. One session may stand behind several failures.</summary>
    public IReadOnlyDictionary<string, long> FailuresByResultType => _byResultType;

    /// <summary>Adds a report, unless one with the same id from the same organization is already in: reporters send again what they think lost.</summary>
    /// <returns>Whether it was added.</returns>
    public bool Add(TlsReport report)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (report.ReportId is not null && !_seen.Add((report.OrganizationName, report.ReportId)))
        {
            return false;
        }

        Reports++;
        foreach (TlsReportPolicy policy in report.Policies)
        {
            var counts = new TlsSessionCounts(policy.SuccessfulSessions ?? 0, policy.FailedSessions ?? 0);
            string domain = policy.PolicyDomain ?? "";
            All = All.Plus(counts);
            _byDomain[domain] = _byDomain.GetValueOrDefault(domain).Plus(counts);
            foreach (TlsReportFailure failure in policy.FailureDetails)
            {
                AddTo(_byMxHost, failure.ReceivingMxHostname ?? "", failure.FailedSessions ?? 0);
                AddTo(_byResultType, failure.ResultType ?? "", failure.FailedSessions ?? 0);
            }
        }

        return true;
    }

    private static void AddTo(Dictionary<string, long> totals, string key, long count) =>
        totals[key] = TlsSessionCounts.Sum(totals.GetValueOrDefault(key), count);
}
