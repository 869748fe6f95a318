using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Cli.Checks;

/// <summary>The names of what an attempt to deliver met, the same as those of a check.</summary>
internal static class AttemptRules
{
    public static IEnumerable<Finding> Of(DeliveryAttempt attempt, StsPolicy? policy, DateTimeOffset now)
    {
        var host = new HostPlan(attempt.Candidate, attempt.PermittedBy, attempt.Requirement, [], "", []);
        IEnumerable<Finding> before = attempt.Failure switch
        {
            FailureCode.HostNotPermitted => MxRules.Coverage(policy, host),
            FailureCode.HostWithoutAddress => [new Finding("mx.no-address", attempt.Detail)],
            FailureCode.HostAddressUnavailable => [new Finding("mx.address-dns-failure", attempt.Detail)],
            FailureCode.AddressForbidden => [new Finding("mx.private-address", attempt.Detail)],
            FailureCode.ServiceClosing => [new Finding("smtp.closing", attempt.Detail)],
            FailureCode.SessionTimeout => [new Finding("smtp.timeout", attempt.Detail)],
            FailureCode.ConnectionLost or FailureCode.SessionEnded => [new Finding("smtp.connection-lost", attempt.Detail)],
            FailureCode.ProtocolViolation => [new Finding("smtp.protocol", attempt.Detail)],
            _ => [],
        };
        return attempt.Observation is { } observation ? before.Concat(ProbeRules.Of(new HostProbe(attempt.Remote!.Address, observation, attempt.Verdict, null) { AuthenticatedBy = attempt.AuthenticatedBy }, host, policy, now)) : before;
    }
}
