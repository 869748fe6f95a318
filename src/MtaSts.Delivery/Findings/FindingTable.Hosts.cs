namespace MtaSts.Delivery.Findings;

/// <content>The policy host, and what it serves.</content>
public static partial class FindingTable
{
    private const string NotFetched = "Senders cannot fetch the policy: those that hold an older one keep it until it expires, others deliver unprotected; they report sts-policy-fetch-error.";
    private const string NotAuthentic = "Senders do not fetch the policy: those that hold an older one keep it until it expires, others deliver unprotected; they report sts-webpki-invalid.";
    private const string Fetch = "RFC 8461 §3.3";

    private static IEnumerable<FindingRow> PolicyHosts() =>
    [
        new("host.no-address", Error, "mta-sts.DOMAIN has no address.", NotFetched, "Give mta-sts.DOMAIN an address record, or make it an alias of the host that serves the policy.", Fetch),
        new("host.dns-failure", Error, "The look-up of mta-sts.DOMAIN failed.", NotFetched, "Repeat it later; if it lasts, look at the domain's name servers.", Fetch),
        new("host.private-address", Security, "mta-sts.DOMAIN leads to a loopback, private or reserved address.", NotFetched, "Give mta-sts.DOMAIN a public address.", Fetch),
        new("host.cname", Info, "mta-sts.DOMAIN is an alias: somebody else serves the policy.", "Senders follow the alias; the certificate must carry mta-sts.DOMAIN all the same.", "Remove the alias when you leave that provider, lest somebody else take it over.", "RFC 8461 §8.2"),
        new("host.connect-refused", Error, "mta-sts.DOMAIN refuses connections to port 443.", NotFetched, "Let a web server answer on port 443.", Fetch),
        new("host.connect-timeout", Error, "mta-sts.DOMAIN does not answer on port 443.", NotFetched, "Let a web server answer on port 443, and let its firewall admit everybody.", Fetch),
        new("host.tls-handshake", Error, "The TLS handshake with mta-sts.DOMAIN fails.", NotFetched, "Let the web server speak TLS 1.2 or 1.3.", Fetch),
        new("host.cert-name", Error, "The certificate of mta-sts.DOMAIN carries other names.", NotAuthentic, "Install a certificate with mta-sts.DOMAIN among its subject alternative names; the one of www. will not do.", "RFC 8461 §3.3, RFC 9525 §6"),
        new("host.cert-cn-only", Error, "The certificate of mta-sts.DOMAIN has no subject alternative name.", NotAuthentic, "Install a certificate with mta-sts.DOMAIN among its subject alternative names; the common name does not count.", "RFC 8461 §3.3, RFC 9525 §6"),
        new("host.cert-expired", Error, "The certificate of mta-sts.DOMAIN, or one above it, has expired.", NotAuthentic, "Renew the certificate, and let it be renewed by itself.", Fetch),
        new("host.cert-not-yet-valid", Error, "The certificate of mta-sts.DOMAIN is not valid yet.", NotAuthentic, "Look at the clocks; install a certificate that is valid now.", Fetch),
        new("host.cert-expiring", Warning, "The certificate of mta-sts.DOMAIN ends within two weeks.", "None yet; when it has ended, senders no longer fetch the policy.", "Renew the certificate, and let it be renewed by itself.", Fetch),
        new("host.cert-self-signed", Error, "The certificate of mta-sts.DOMAIN is signed by itself.", NotAuthentic, "Install a certificate of a public authority.", Fetch),
        new("host.cert-untrusted", Error, "The certificate of mta-sts.DOMAIN leads to no trusted root, perhaps because an intermediate certificate is not sent.", NotAuthentic, "Install the whole chain of a public authority; browsers mend a missing part, senders do not.", Fetch),
        new("host.cert-usage", Error, "The certificate of mta-sts.DOMAIN is not meant for servers.", NotAuthentic, "Install a certificate for server authentication.", "RFC 5280 §4.2.1.12"),
        new("host.cert-invalid", Error, "The certificate of mta-sts.DOMAIN, or its chain, is faulty.", NotAuthentic, "Install a certificate of a public authority.", Fetch),
        new("host.ipv6-broken", Warning, "The policy is served over IPv4, but not over IPv6.", "Senders that try IPv6 first wait, or give up.", "Let the web server answer on its IPv6 address, or remove the AAAA record.", Fetch),
        new("host.address-differs", Warning, "The addresses of mta-sts.DOMAIN do not all serve the same policy.", "Which policy a sender holds is left to chance.", "Let all addresses serve the same text.", Fetch),
        new("http.status", Error, "mta-sts.DOMAIN answers with another status than 200.", NotFetched, "Let it answer 200 with the policy.", Fetch),
        new("http.not-found", Error, "There is nothing at /.well-known/mta-sts.txt.", NotFetched, "Put the policy at https://mta-sts.DOMAIN/.well-known/mta-sts.txt, exactly there.", Fetch),
        new("http.redirect", Error, "mta-sts.DOMAIN answers with a redirection. A browser follows it; senders must not.", NotFetched, "Serve the policy itself at https://mta-sts.DOMAIN/.well-known/mta-sts.txt, with status 200.", Fetch),
        new("http.forbidden", Error, "mta-sts.DOMAIN refuses the request, perhaps to keep robots out.", NotFetched, "Exempt /.well-known/mta-sts.txt from robot and rate protection.", Fetch),
        new("http.server-error", Error, "The web server of mta-sts.DOMAIN fails.", NotFetched, "Look at the web server's log.", Fetch),
        new("http.media-type", Error, "The policy is not served as text/plain.", "This sender and other strict ones refuse the policy; some are lax.", "Serve it with Content-Type: text/plain.", "RFC 8461 §3.2"),
        new("http.media-type-missing", Error, "The policy is served without Content-Type.", "This sender and other strict ones refuse the policy; some are lax.", "Serve it with Content-Type: text/plain.", "RFC 8461 §3.2"),
        new("http.html", Error, "mta-sts.DOMAIN serves a web page instead of the policy.", "Senders refuse it and have no policy, or keep an older one.", "Serve the policy's text itself, with Content-Type: text/plain.", "RFC 8461 §3.2"),
        new("http.compressed", Error, "The policy is served compressed, though nobody asked for it.", NotFetched, "Turn compression off for this path.", Fetch),
        new("http.length-missing", Error, "The answer does not say where the policy ends.", NotFetched, "Send Content-Length or chunks: else anybody on the way can cut the policy short.", "RFC 9112 §6.3"),
        new("http.protocol", Error, "The answer is no well-formed HTTP, or breaks off.", NotFetched, "Look at the web server and at what stands before it.", Fetch),
        new("http.too-large", Error, "The policy is longer than 64 KiB.", NotFetched, "Shorten it; use wildcards.", Fetch),
        new("http.timeout", Error, "The policy does not arrive in time.", NotFetched, "Make the web server faster; senders give up after a minute at most.", Fetch),
        new("http.slow", Warning, "The policy takes more than two seconds.", "This sender waits a minute; some give up after two to four seconds.", "Make the web server faster, or serve the policy as a static file.", Fetch),
    ];
}
