using System.Net;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Outcomes;

/// <summary>One try with one address of one host, or the reason why there was none.</summary>
/// <param name="Candidate">The host.</param>
/// <param name="Requirement">What had to hold before mail was handed over.</param>
/// <param name="PermittedBy">The policy's pattern that names the host; <see langword="null"/> when none does or there is no policy.</param>
/// <param name="Remote">The address and port that was tried; <see langword="null"/> when none was.</param>
/// <param name="Local">The address and port on this side; <see langword="null"/> when there was no connection.</param>
/// <param name="Observation">What the connection showed about TLS; <see langword="null"/> when it did not come that far.</param>
/// <param name="Verdict">What the requirement made of it; <see langword="null"/> when it did not come that far.</param>
/// <param name="Failure">What ended the attempt for all recipients; <see langword="null"/> when each has an answer of their own.</param>
/// <param name="Detail">What was seen, for a person; empty when nothing failed.</param>
/// <param name="Reply">The server's reply, where that ended the attempt.</param>
/// <param name="Handovers">What came of it for each recipient; empty when no mail was offered.</param>
/// <param name="Elapsed">How long it took.</param>
public sealed record DeliveryAttempt(
    MxCandidate Candidate,
    TlsRequirement Requirement,
    MxPattern? PermittedBy,
    IPEndPoint? Remote,
    IPEndPoint? Local,
    TlsObservation? Observation,
    TlsVerdict? Verdict,
    FailureCode? Failure,
    string Detail,
    SmtpReply? Reply,
    IReadOnlyList<RecipientHandover> Handovers,
    TimeSpan Elapsed)
{
    /// <summary>The name that the server gave itself in reply to the first EHLO or HELO; <see langword="null"/> when it came to none.</summary>
    public string? ServerName { get; init; }

    /// <summary>Whether the session had been opened for another message before, and was judged anew for this one.</summary>
    public bool IsSessionReused { get; init; }

    /// <summary>The TLSA record that authenticated the host; <see langword="null"/> when none was asked for or none matched. RFC 7672 §3.1.</summary>
    public TlsaRecord? AuthenticatedBy { get; init; }

    /// <summary>Whether the server was given the sender's wishes for notices. RFC 3461 §5.2.1.</summary>
    internal bool PassedNoticesOn { get; init; }

    /// <summary>How many recipients the server has shown to take at once, when it hung up because of those beyond; they are offered again.</summary>
    internal int? ShownLimit { get; init; }

    /// <summary>Whether the policy domain has this session counted: reports count sessions, not messages. RFC 8460 §4.2.</summary>
    internal bool CountsAsSession { get; init; } = true;

    /// <summary>Whether the TLSA base domain has this session counted.</summary>
    internal bool CountsForDane { get; init; } = true;

    /// <summary>What came of it for one recipient; <see langword="null"/> when no mail was offered to them.</summary>
    internal Handover? HandoverTo(EnvelopeAddress recipient)
    {
        foreach (RecipientHandover one in Handovers)
        {
            if (one.Recipient.Equals(recipient))
            {
                return one.Handover;
            }
        }

        return null;
    }
}
