namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>How a phase went.</summary>
internal enum PhaseOutcome
{
    Accepted,
    Refused,
    Ended,
}
