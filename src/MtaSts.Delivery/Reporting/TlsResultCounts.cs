using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>What was counted under one policy on one UTC day.</summary>
/// <param name="Day">The UTC day.</param>
/// <param name="Policy">The policy.</param>
/// <param name="Sessions">The sessions, each once.</param>
/// <param name="Failures">The failures behind them; a session may stand behind several.</param>
public sealed record TlsResultCounts(DateOnly Day, TlsPolicyKey Policy, TlsSessionCounts Sessions, IReadOnlyList<TlsFailureCount> Failures);
