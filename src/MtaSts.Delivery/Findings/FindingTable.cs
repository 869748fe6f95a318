using System.Collections.Frozen;

namespace MtaSts.Delivery.Findings;

/// <summary>The one table of findings; <c>docs/findings.md</c> is made from it.</summary>
public static partial class FindingTable
{
    private const FindingSeverity Info = FindingSeverity.Info;
    private const FindingSeverity Warning = FindingSeverity.Warning;
    private const FindingSeverity Security = FindingSeverity.Security;
    private const FindingSeverity Error = FindingSeverity.Error;

    /// <summary>All rows, area by area. A code keeps its meaning for good; new ones may be added.</summary>
    public static IReadOnlyList<FindingRow> Rows { get; } = [.. Records(), .. Policies(), .. PolicyHosts(), .. MxHosts(), .. Certificates(), .. Dane(), .. Reports(), .. Verdicts()];

    private static readonly Lazy<FrozenDictionary<string, FindingRow>> ByCode = new(() => Rows.ToFrozenDictionary(row => row.Code, StringComparer.Ordinal));

    /// <summary>The row of a code.</summary>
    /// <exception cref="KeyNotFoundException">There is no such code.</exception>
    public static FindingRow For(string code) => ByCode.Value.TryGetValue(code, out FindingRow? row)
        ? row
        : throw new KeyNotFoundException($"There is no finding '{code}'.");
}
