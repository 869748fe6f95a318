namespace MtaSts.Delivery.Findings;

/// <content>TLSA records of MX hosts.</content>
public static partial class FindingTable
{
    private static IEnumerable<FindingRow> Dane() =>
    [
        new("dane.usable", Info, "The MX host has TLSA records that DNSSEC vouches for and that can be used.", "Senders with DANE deliver only to the certificate that the records name.", "Publish the record of a new certificate before it is put to use.", "RFC 7672 §2.2"),
        new("dane.match", Info, "The certificate that the MX host presents matches one of its TLSA records.", "Senders with DANE deliver to this host.", "Nothing to do.", "RFC 7672 §2.2"),
        new("dane.none", Info, "DANE does not apply to the MX host.", "Senders with DANE treat it as all others do.", "Nothing to do; if the zone is signed and has TLSA records, look whether the resolver validates DNSSEC.", "RFC 7672 §2.2"),
        new("dane.present", Warning, "The MX host has TLSA records that DNSSEC vouches for, but none that can be used with SMTP.", "Senders with DANE require TLS, but take any certificate.", "Publish a record of usage 3 or 2, selector 0 or 1, and matching type 1.", "RFC 7672 §2.2, §3.1"),
        new("dane.mismatch", Error, "No TLSA record of the MX host matches the certificate that it presents.", "Senders with DANE deliver nothing to this host; they report tlsa-invalid.", "Publish a record for the certificate in use, or install the one that the records name.", "RFC 7672 §2.2"),
        new("dane.dns-failure", Error, "The look-up of the MX host's TLSA records failed, though its zone is signed.", "Senders with DANE deliver nothing to this host; they report dnssec-invalid.", "Mend the zone's signatures, or name servers that do not answer questions for TLSA records.", "RFC 7672 §2.1.2"),
        new("dane.unsigned-tlsa", Warning, "There are TLSA records, but DNSSEC does not vouch for them.", "Senders with DANE ignore them, and so protect nothing; an MTA-STS policy counts all the same.", "Sign the zone, or remove the records.", "RFC 7672 §2.2"),
        new("dane.conflict", Warning, "TLSA records and policy do not agree about the MX host: one accepts it, the other does not.", "This sender wants both to be met; some go by DANE alone.", "Use a certificate of a public authority that carries the host's name and that a TLSA record matches.", "RFC 8461 §2"),
    ];
}
