namespace MtaSts.Delivery.Findings;

/// <content>Certificates of MX hosts.</content>
public static partial class FindingTable
{
    private const string NameRule = "RFC 8461 §4.2, RFC 9525 §6";

    private static IEnumerable<FindingRow> Certificates() =>
    [
        new("cert.good", Info, "The certificate would do for the MX host.", "Senders that enforce the policy deliver.", "Nothing to do.", "RFC 8461 §4.2"),
        new("cert.unreadable", Error, "The file holds no readable certificate.", "Nothing can be said about the host.", "Name a PEM file: the host's own certificate first, then the chain.", "RFC 7468"),
        new("cert.missing", Error, "The MX host presents no certificate that can be examined.", HostRefused, "Install a certificate of a public authority with the MX host's name.", "RFC 8461 §4.2"),
        new("cert.name", Error, "The certificate does not carry the MX host's name.", HostRefused, "Install a certificate with the MX host's name, as it stands in the MX record, among its subject alternative names.", NameRule),
        new("cert.cn-only", Error, "The certificate has no subject alternative name; the common name does not count.", HostRefused, "Install a certificate with the MX host's name among its subject alternative names.", NameRule),
        new("cert.no-dns-name", Error, "The certificate carries no host name at all, perhaps an IP address.", HostRefused, "Install a certificate with the MX host's name among its subject alternative names.", NameRule),
        new("cert.wildcard-depth", Error, "A wildcard of the certificate would fit if * stood for two labels, or for none; it stands for one.", HostRefused, "Install a certificate with the MX host's own name.", NameRule),
        new("cert.policy-pattern-only", Error, "The certificate carries a name that the policy lists, but not the MX host's.", "Some old senders take that for good; this one and all that follow the standard refuse the host.", "Install a certificate with the MX host's own name; what the policy lists is compared with the MX record only.", NameRule),
        new("cert.expired", Error, "The certificate, or one above it, has expired.", HostRefused, "Renew the certificate, restart the mail server, and let both happen by themselves.", "RFC 8461 §4.2"),
        new("cert.not-yet-valid", Error, "The certificate, or one above it, is not valid yet.", HostRefused, "Look at the clocks; install a certificate that is valid now.", "RFC 8461 §4.2"),
        new("cert.expiring", Warning, "The certificate ends within two weeks.", "None yet; when it has ended, senders that enforce the policy refuse the host.", "Renew the certificate, restart the mail server, and let both happen by themselves.", "RFC 8461 §4.2"),
        new("cert.self-signed", Error, "The certificate is signed by itself.", HostRefused, "Install a certificate of a public authority.", "RFC 8461 §4.2"),
        new("cert.untrusted-root", Error, "The chain ends in a root that nobody trusts.", HostRefused, "Install a certificate of a public authority.", "RFC 8461 §4.2"),
        new("cert.chain-incomplete", Error, "The chain leads to no root: an intermediate certificate is not sent, or the authority is unknown.", HostRefused, "Install the whole chain; senders do not fetch what is missing.", "RFC 8461 §4.2, RFC 5246 §7.4.2"),
        new("cert.chain-not-judged", Info, "The certificate names the host and is in date; no roots were given to judge its chain by.", "Senders that enforce the policy deliver if the chain leads to a root that they trust.", "Lint it again with --trust and the roots, for example --trust /etc/ssl/certs/ca-certificates.crt.", "RFC 8461 §4.2"),
        new("cert.chain-order", Warning, "The certificates do not stand in order: the host's own first, each next one the issuer of the one before.", "This sender sorts them; strict TLS stacks refuse.", "Put the host's own certificate first, then its issuer, and so on.", "RFC 5246 §7.4.2"),
        new("cert.usage", Error, "The certificate is not meant for servers.", HostRefused, "Install a certificate for server authentication.", "RFC 5280 §4.2.1.12"),
        new("cert.invalid", Error, "The certificate, or its chain, is faulty.", HostRefused, "Install a certificate of a public authority.", "RFC 5280 §6"),
        new("cert.key-weak", Warning, "The certificate's key is short.", "Strict TLS stacks refuse it.", "Install a certificate with an RSA key of 2048 bits or more, or an elliptic one of 256.", "RFC 9325 §4.5"),
        new("cert.differs-by-address", Warning, "The addresses of the MX host present different certificates.", "None, if all are valid.", "Nothing to do if that is meant; else look whether one was forgotten at the last renewal.", "RFC 8461 §4.2"),
        new("cert.fault-without-policy", Info, "The certificate would not do under an enforced policy.", "None now: without an enforced policy no certificate is asked for.", "Mend it before the policy goes to mode enforce.", "RFC 8461 §4.2"),
    ];
}
