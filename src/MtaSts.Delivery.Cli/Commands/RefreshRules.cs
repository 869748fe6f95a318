using System.Globalization;
using MtaSts.Delivery.Cli.Output;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary>What came of one refresh, and why.</summary>
/// <param name="Outcome"><c>fetched</c>, <c>kept</c> or <c>none</c>.</param>
/// <param name="Fault">Why there is no fresh policy; <see langword="null"/> when there is one.</param>
/// <param name="Finding">The code behind it.</param>
/// <param name="Advice">What to do, in words.</param>
/// <param name="ExitCode">What it means for the exit code.</param>
internal sealed record Refreshed(string Outcome, string? Fault, string? Finding, string? Advice, int ExitCode);

/// <summary>Puts a refresh into words; what was decided, the library decided.</summary>
internal static class RefreshRules
{
    /// <param name="discovery">What the refresh found.</param>
    /// <param name="before">What the store held before it.</param>
    /// <param name="mx">The domain's MX answer, asked for when there is no record: only it tells whether there is such a domain.</param>
    /// <param name="now">The moment.</param>
    public static Refreshed Of(PolicyDiscovery discovery, KnownPolicy? before, DnsAnswer<MxRecord>? mx, DateTimeOffset now)
    {
        string domain = discovery.PolicyDomain!.Value;
        if (discovery.Source == PolicySource.Fetched)
        {
            return new Refreshed("fetched", null, null, null, ExitCode.Good);
        }

        (string fault, string? code) = (discovery.Fault, discovery.Record) switch
        {
            ({ } known, _) => (known.Detail, known.Code),
            (_, RecordLookup.None) when mx is DnsAnswer<MxRecord>.NoRecords { NameExists: false } => ($"the domain {domain} does not exist", "mx.domain-not-found"),
            (_, RecordLookup.None) => ($"there is no MTA-STS record at _mta-sts.{domain}", "record.missing"),
            (_, RecordLookup.Invalid invalid) => (invalid.Fault, invalid.Code),
            (_, RecordLookup.Unavailable unavailable) => ($"the look-up of _mta-sts.{domain} failed: {unavailable.Reason}", "record.dns-failure"),
            _ => ("the name is too long for an MTA-STS record", (string?)null),
        };
        int exitCode = discovery.Fault?.Kind is PolicyFaultKind.RecordUnavailable or PolicyFaultKind.Timeout ? ExitCode.Temporary : ExitCode.Findings;
        if (discovery.InForce is { } inForce)
        {
            return new Refreshed("kept", fault, code, $"the policy holds until {Day(inForce.ExpiresAt)}; 'mta-sts check {domain}' says what its administrator must mend.", exitCode);
        }

        bool isExpired = before is not null && !before.Policy.HoldsAt(now);
        string expired = isExpired ? $"the stored policy has expired ({Day(before!.Policy.ExpiresAt)}), and " : "";
        string advice = $"mail to it goes without a policy; 'mta-sts check {domain}' says what its administrator must mend{(isExpired ? ", 'mta-sts policy remove' forgets the expired one" : "")}.";
        return new Refreshed("none", expired + fault, code, advice, exitCode);
    }

    /// <summary>The moment as all lines of a store write it.</summary>
    public static string Day(DateTimeOffset moment) => moment.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);
}
