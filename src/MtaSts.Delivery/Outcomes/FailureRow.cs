using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Outcomes;

/// <summary>What one failure means.</summary>
/// <param name="Code">The failure.</param>
/// <param name="Stage">Where it happens.</param>
/// <param name="Class">What it means for the mail.</param>
/// <param name="Status">The enhanced status where the server gave none. RFC 3463.</param>
/// <param name="ReportAs">The result type in TLS reports, or <see langword="null"/> when it is none of theirs. RFC 8460 §4.3.</param>
/// <param name="Advice">Who must do what, in one sentence.</param>
public sealed record FailureRow(FailureCode Code, DeliveryStage Stage, FailureClass Class, EnhancedStatus Status, string? ReportAs, string Advice);
