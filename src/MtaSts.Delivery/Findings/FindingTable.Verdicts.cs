namespace MtaSts.Delivery.Findings;

/// <content>What it all comes to, for one domain.</content>
public static partial class FindingTable
{
    private static IEnumerable<FindingRow> Verdicts() =>
    [
        new("verdict.protected", Info, "The domain enforces its policy, and every MX host meets it.", "Senders with MTA-STS deliver over verified TLS only, and can.", "Nothing to do.", "RFC 8461 §5"),
        new("verdict.not-connected", Info, "Record, policy and MX hosts agree; no host was connected to.", "Whether the hosts' TLS and certificates will do is not known.", "Check again without --no-connect.", "RFC 8461 §5"),
        new("verdict.ready-for-enforce", Info, "Under mode testing, every MX host meets the policy.", "Mail is delivered, protected or not.", "Change to mode: enforce, and change the id.", "RFC 8461 §5"),
        new("verdict.not-ready", Warning, "Under mode testing, some MX hosts would not meet the policy.", "Mail is delivered; in mode enforce it would be deferred or go to the other hosts.", "Mend what is found above before the policy goes to mode enforce.", "RFC 8461 §5"),
        new("verdict.not-enforcing", Warning, "The policy asks nothing of senders (mode none).", "Mail can be read and redirected by whoever stands between.", "Choose mode: testing, and mode: enforce later, if the domain is to be protected.", "RFC 8461 §5"),
        new("verdict.senders-defer", Error, "No MX host meets the enforced policy.", "Senders with MTA-STS (Gmail and Outlook among them) deliver nothing: they retry, and give up after some days.", "Mend the hosts or the policy, and change the id, at once; or publish mode: none with a new id.", "RFC 8461 §5"),
        new("verdict.partially", Error, "Some MX hosts do not meet the enforced policy.", "Senders with MTA-STS deliver to the others only.", "Mend the hosts that are named above, or list them in the policy and change the id.", "RFC 8461 §5"),
        new("verdict.senders-ignore", Error, "There is an MTA-STS record, but no usable policy.", "Senders that hold an older policy keep it until it expires; all others deliver unprotected.", "Mend what is found above.", "RFC 8461 §5"),
        new("verdict.no-policy", Warning, "The domain has no MTA-STS policy.", "Mail can be read and redirected by whoever stands between.", "Publish a policy in mode testing first: mta-sts policy new DOMAIN writes one.", "RFC 8461 §3"),
        new("verdict.dane-only", Warning, "The domain has no MTA-STS policy, but its TLSA records protect mail from senders with DANE.", "Mail from senders without DANE can be read and redirected by whoever stands between.", "Publish a policy in mode testing first: mta-sts policy new DOMAIN writes one.", "RFC 8461 §2"),
        new("verdict.dane-defer", Error, "No MX host meets its TLSA records.", "Senders with DANE deliver nothing: they retry, and give up after some days.", "Publish records for the certificates in use and mend the zones' signatures, at once; or remove the records.", "RFC 7672 §2.2"),
        new("verdict.dane-partially", Error, "Some MX hosts do not meet their TLSA records.", "Senders with DANE deliver to the others only.", "Publish records for the certificates in use, and mend the zones' signatures.", "RFC 7672 §2.2"),
        new("verdict.unreachable", Error, "Mail for the domain has nowhere to go.", "All mail fails at once, whatever the policy says.", "Publish MX records that name hosts with addresses.", "RFC 5321 §5.1"),
        new("verdict.no-mail", Info, "The domain takes no mail, so it needs no policy.", "None.", "Nothing to do.", "RFC 7505"),
        new("verdict.unknown", Error, "What senders do cannot be said: look-ups failed.", "Senders defer the mail, or deliver by the policy that they hold.", "Repeat the check later.", "RFC 8461 §5"),
        new("verdict.rollback-time", Info, "Senders that miss a new id may hold to this policy for as long as it says.", "None.", "Before you change MX hosts, list the new ones in the policy; keep the old ones that long.", "RFC 8461 §5.1, §8.3"),
    ];
}
