namespace MtaSts.Delivery.Findings;

/// <content>The <c>_mta-sts</c> TXT record.</content>
public static partial class FindingTable
{
    private const string NoPolicySeen = "Every sender takes the domain for one without a policy and delivers unprotected; senders that hold an older policy keep it until it expires.";
    private const string HarmlessNow = "None: senders pass over it.";

    private static IEnumerable<FindingRow> Records() =>
    [
        new("record.found", Info, "There is exactly one valid MTA-STS record.", "Senders go on to fetch the policy.", "Nothing to do. Change the id whenever the policy's text changes.", "RFC 8461 §3.1"),
        new("record.missing", Warning, "There is no MTA-STS record.", NoPolicySeen, "Publish one TXT record at _mta-sts.DOMAIN such as \"v=STSv1; id=20260115000000\", once the policy is served.", "RFC 8461 §3.1"),
        new("record.orphan-policy", Warning, "A policy is served, but no record announces it.", NoPolicySeen, "Publish a TXT record at _mta-sts.DOMAIN such as \"v=STSv1; id=20260115000000\".", "RFC 8461 §3.1"),
        new("record.multiple", Error, "There is more than one MTA-STS record.", NoPolicySeen, "Remove all but one of the TXT records that begin with v=STSv1.", "RFC 8461 §3.1"),
        new("record.filtered-out", Warning, "White space before the first semicolon takes the record out of the running where there are several TXT records.", NoPolicySeen, "Write v=STSv1; without white space before the semicolon.", "RFC 8461 §3.1, erratum 6285"),
        new("record.version-wrong", Error, "The version is not exactly v=STSv1.", NoPolicySeen, "Begin the record with v=STSv1; in exactly these letters.", "RFC 8461 §3.1"),
        new("record.version-missing", Error, "The record has an id but no version.", NoPolicySeen, "Begin the record with v=STSv1;.", "RFC 8461 §3.1"),
        new("record.version-not-first", Error, "Something stands before v=STSv1.", NoPolicySeen, "Put v=STSv1; first; the id follows.", "RFC 8461 §3.1"),
        new("record.leading-space", Error, "White space stands before v=STSv1.", NoPolicySeen, "Remove the white space at the beginning.", "RFC 8461 §3.1"),
        new("record.quotes-inside", Error, "Quotation marks are part of the record's text.", NoPolicySeen, "Enter the record without quotation marks; the DNS server adds its own.", "RFC 8461 §3.1"),
        new("record.policy-text", Error, "The policy itself stands in the TXT record.", NoPolicySeen, "Put only version and id into DNS (\"v=STSv1; id=20260115000000\"); serve the policy at https://mta-sts.DOMAIN/.well-known/mta-sts.txt.", "RFC 8461 §3.1, §3.2"),
        new("record.tls-record-here", Error, "The record for TLS reports (v=TLSRPTv1) stands at _mta-sts.", "Senders find no MTA-STS record here, and no report address where they look for it.", "Move the v=TLSRPTv1 record to _smtp._tls.DOMAIN.", "RFC 8460 §3"),
        new("record.id-missing", Error, "The record has no id.", NoPolicySeen, "Add id= and 1 to 32 letters and digits, for example id=20260115000000.", "RFC 8461 §3.1"),
        new("record.id-empty", Error, "The id has no value.", NoPolicySeen, "Write 1 to 32 letters and digits behind id=.", "RFC 8461 §3.1"),
        new("record.id-invalid", Error, "The id has other characters than letters and digits, such as the dashes and colons of 2023-01-01T00:00:00Z.", NoPolicySeen, "Use letters and digits only: 20230101T000000Z will do.", "RFC 8461 §3.1"),
        new("record.id-too-long", Error, "The id is longer than 32 characters.", NoPolicySeen, "Shorten the id to 32 letters and digits; it need only differ from the one before.", "RFC 8461 §3.1"),
        new("record.id-duplicate", Warning, "The record has two ids.", "This sender takes the first; others may take the last, or none.", "Remove all but one id.", "RFC 8461 §3.2"),
        new("record.field-case", Warning, "A field is written in capitals, such as ID for id.", "Senders do not know the field; without an id in small letters they see no record.", "Write field names in small letters.", "RFC 8461 §3.1"),
        new("record.field-empty", Error, "Two semicolons stand side by side, with no field between.", NoPolicySeen, "Remove the empty field.", "RFC 8461 §3.1"),
        new("record.field-malformed", Error, "A field is not of the form name=value.", NoPolicySeen, "Write every field as name=value, without white space, and remove what is not needed.", "RFC 8461 §3.1"),
        new("record.colon-for-equals", Error, "A colon stands where an equals sign belongs.", NoPolicySeen, "Write id=, not id:.", "RFC 8461 §3.1"),
        new("record.space-around-equals", Error, "White space stands around an equals sign.", NoPolicySeen, "Write id=20260115000000 without white space.", "RFC 8461 §3.1"),
        new("record.separator-missing", Error, "Fields are not separated by a semicolon.", NoPolicySeen, "Put a semicolon between the fields: v=STSv1; id=20260115000000.", "RFC 8461 §3.1"),
        new("record.not-ascii", Error, "The record has characters beyond ASCII.", NoPolicySeen, "Write the record anew by hand; what was copied from a web page may hide such characters.", "RFC 8461 §3.1"),
        new("record.policy-fields", Warning, "Fields of the policy (mx, mode, max_age, policy) stand in the TXT record.", "Senders pass over them: mode and hosts count only in the policy's text.", "Remove them from the record; write them into https://mta-sts.DOMAIN/.well-known/mta-sts.txt.", "RFC 8461 §3.1, §3.2"),
        new("record.tls-record-fields", Warning, "A report address (rua) stands in the MTA-STS record.", "No reports come: senders look for the address at _smtp._tls only.", "Publish \"v=TLSRPTv1; rua=mailto:…\" at _smtp._tls.DOMAIN, and remove the field here.", "RFC 8460 §3"),
        new("record.extension", Info, "The record has a field that no standard knows.", HarmlessNow, "Remove it unless somebody needs it.", "RFC 8461 §3.1"),
        new("record.space-before-semicolon", Warning, "White space stands before a semicolon.", "This sender accepts it; others compare the text with v=STSv1; and see no record.", "Remove the white space before the semicolon.", "RFC 8461 §3.1, erratum 6285"),
        new("record.trailing-space", Warning, "White space stands at the end of the record.", "This sender accepts it; strict ones see no record.", "Remove the white space at the end.", "RFC 8461 §3.1"),
        new("record.unrelated-txt", Info, "A TXT record of another kind stands at the same name.", HarmlessNow, "Nothing to do; a wildcard TXT record is often the cause.", "RFC 8461 §3.1"),
        new("record.split-strings", Info, "The record consists of several strings.", "None: senders join them without anything between.", "Look whether the joined text is what was meant: no space is added.", "RFC 8461 §3.1"),
        new("record.unreadable", Error, "The file cannot be read, or is longer than a record may be.", "Nothing can be said about the record.", "Name a readable file with the output of dig +short TXT _mta-sts.DOMAIN.", "RFC 8461 §3.1"),
        new("record.not-text", Error, "The file is not UTF-8 text, perhaps UTF-16 from a shell's redirection.", "Nothing can be said about the record.", "Name a text file with the output of dig +short TXT _mta-sts.DOMAIN.", "RFC 8461 §3.1"),
        new("record.look-up-comment", Error, "The look-up that was pasted here failed.", "Nothing can be said about the record.", "Repeat the look-up: dig +short TXT _mta-sts.DOMAIN.", "RFC 8461 §3.1"),
        new("record.at-wrong-name", Error, "A record that begins with v=STSv1 stands at the domain itself or at mta-sts., not at _mta-sts.", NoPolicySeen, "Move the TXT record to _mta-sts.DOMAIN, with the underscore.", "RFC 8461 §3.1"),
        new("record.wildcard-answer", Warning, "Any name below the domain answers with this MTA-STS record: it is a wildcard.", "Senders also find it for names that have no policy host, and fetch in vain.", "Publish the record at _mta-sts.DOMAIN itself rather than at *.DOMAIN.", "RFC 8461 §3.1"),
        new("record.ttl-high", Warning, "The record may be kept by resolvers for more than a day.", "Senders learn of a new policy that much later.", "Lower the TTL to an hour or so.", "RFC 8461 §8.1"),
        new("record.cname", Info, "The record's name is an alias: somebody else keeps the record.", "Senders follow the alias.", "Make sure that whoever keeps the target also serves the policy.", "RFC 8461 §8.2"),
        new("record.dns-failure", Error, "The look-up of the record failed.", "Senders that hold a policy keep to it; others deliver without one.", "Repeat it later; if it lasts, look at the domain's name servers.", "RFC 8461 §3.1"),
    ];
}
