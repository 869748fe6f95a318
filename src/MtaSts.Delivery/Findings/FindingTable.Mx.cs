namespace MtaSts.Delivery.Findings;

/// <content>MX hosts: how they are found, whether the policy lists them, what their sessions show.</content>
public static partial class FindingTable
{
    private const string HostRefused = "Senders that enforce the policy hand this host nothing; they try the next one, and defer the mail when none is left.";
    private const string HostUnreachable = "No sender can deliver to this address; they try the next one, and defer the mail when none is left.";
    private const string Matching = "RFC 8461 §4.1";
    private const string StartTls = "RFC 3207 §4, RFC 8461 §4.2";

    private static IEnumerable<FindingRow> MxHosts() =>
    [
        new("mx.domain-not-found", Error, "The domain does not exist.", "All mail fails at once.", "Look at the spelling, and whether the domain is registered.", "RFC 5321 §5.1"),
        new("mx.none", Error, "The domain has neither MX nor address records.", "All mail fails at once.", "Publish an MX record, if the domain is to take mail.", "RFC 5321 §5.1"),
        new("mx.no-usable", Error, "No MX record names a host.", "All mail fails at once.", "Make the MX records name hosts.", "RFC 5321 §5.1"),
        new("mx.null", Info, "The domain takes no mail (null MX).", "All mail fails at once, as it should.", "Nothing to do.", "RFC 7505 §3"),
        new("mx.implicit", Warning, "The domain has no MX record; its own address takes the mail.", "Senders deliver to the domain's own name, which policy and certificate must then carry.", "Publish an MX record.", "RFC 5321 §5.1"),
        new("mx.dns-failure", Error, "The look-up of the MX records failed.", "Senders defer the mail.", "Repeat it later; if it lasts, look at the domain's name servers.", "RFC 5321 §5.1"),
        new("mx.ignored", Warning, "An MX record is of no use to senders.", "Senders pass over it.", "Make it name a host, not an address, or remove it.", "RFC 5321 §5.1"),
        new("mx.ip-literal", Error, "An MX record points at an IP address.", "Senders pass over it.", "Make it name a host that has the address.", "RFC 1035 §3.3.9"),
        new("mx.covered", Info, "The policy lists the MX host.", "Senders go on to TLS.", "Nothing to do.", Matching),
        new("mx.not-covered", Error, "The policy does not list the MX host.", HostRefused, "Add an mx line for the host and change the id, or take the host out of the MX records.", Matching),
        new("mx.not-covered-testing", Warning, "The policy, in mode testing, does not list the MX host.", "Mail is delivered; in mode enforce this host would get nothing.", "Add an mx line for the host and change the id, or take the host out of the MX records.", Matching),
        new("mx.none-covered", Error, "The policy lists none of the MX hosts.", "No sender that enforces the policy can deliver anything: all mail is deferred, and fails after some days.", "List the MX hosts in the policy and change the id, at once.", Matching),
        new("mx.wildcard-depth", Error, "A wildcard of the policy would cover the MX host if * stood for two labels; it stands for one.", HostRefused, "Add an mx line with the host's own name, or a wildcard one label deeper, and change the id.", Matching),
        new("mx.pattern-unused", Info, "No MX host uses this mx line of the policy.", "None.", "Remove it unless the host is planned.", Matching),
        new("mx.cname", Warning, "The MX host is an alias.", "MX records must not name aliases; the certificate must carry the name in the MX record, not the target's.", "Make the MX record name the target, and list that in the policy.", "RFC 2181 §10.3"),
        new("mx.no-address", Error, "The MX host has no address.", HostUnreachable, "Give the host an address record, or take it out of the MX records.", "RFC 5321 §5.1"),
        new("mx.address-dns-failure", Error, "The look-up of the MX host's addresses failed.", "Senders defer the mail.", "Repeat it later; if it lasts, look at the host's name servers.", "RFC 5321 §5.1"),
        new("mx.private-address", Security, "The MX host leads to a loopback, private or reserved address.", HostUnreachable, "Give the host a public address.", "RFC 5321 §5.1"),
        new("mx.ipv6-only", Warning, "The MX host has IPv6 addresses only.", "Senders without IPv6 cannot deliver to it.", "Add an IPv4 address.", "RFC 5321 §5.1"),
        new("mx.backup-weaker", Security, "An MX host of a worse preference protects less than the best one.", "Whoever blocks the better hosts moves mail to this one.", "Give all MX hosts STARTTLS and valid certificates, or remove the weaker ones.", "RFC 8461 §10"),
        new("smtp.connect-refused", Error, "The MX host refuses connections to port 25.", HostUnreachable, "Let the mail server answer on port 25, or remove the address.", "RFC 5321 §3.1"),
        new("smtp.connect-timeout", Error, "The MX host does not answer on port 25.", HostUnreachable, "Let the mail server answer on port 25, or remove the address.", "RFC 5321 §3.1"),
        new("smtp.port-25-blocked-here", Info, "No MX host at all answers on port 25: this network probably blocks it.", "Nothing is proved about the domain.", "Repeat the check from a network that lets port 25 out, or use --no-connect.", "RFC 5321 §3.1"),
        new("smtp.timeout", Error, "The MX host stops answering within the session.", HostUnreachable, "Look at the mail server's load.", "RFC 5321 §4.5.3.2"),
        new("smtp.connection-lost", Error, "The MX host breaks the connection off.", HostUnreachable, "Look at the mail server's log.", "RFC 5321 §3.8"),
        new("smtp.closing", Warning, "The MX host closes the session (421).", "Senders defer, or try the next host.", "Look at the mail server's log; it may be busy, or distrust this network.", "RFC 5321 §3.8"),
        new("smtp.greeting-4xx", Warning, "The MX host turns this client away for now.", "Senders that get the same reply defer, or try the next host.", "The reply says why; it may be meant for this network alone.", "RFC 5321 §3.1"),
        new("smtp.greeting-5xx", Error, "The MX host turns this client away for good.", "Senders that get the same reply try the next host.", "The reply says why; it may be meant for this network alone.", "RFC 5321 §3.1"),
        new("smtp.ehlo-refused", Error, "The MX host refuses EHLO and HELO.", HostUnreachable, "The reply says why; it may be meant for this client alone: see --ehlo.", "RFC 5321 §4.1.1.1"),
        new("smtp.protocol", Error, "What the MX host says is not SMTP.", HostUnreachable, "Look at what answers on port 25.", "RFC 5321 §4.2"),
        new("smtp.starttls-missing", Error, "The MX host does not offer STARTTLS.", HostRefused, "Turn STARTTLS on; if it is on, somebody on the way strips it.", StartTls),
        new("smtp.starttls-some", Security, "One address of the MX host offers STARTTLS, another does not.", "What a sender gets is left to chance, or to an attacker.", "Make all addresses of the host alike; if they are, somebody on the way strips STARTTLS.", StartTls),
        new("smtp.starttls-4xx", Error, "The MX host offers STARTTLS and then refuses it for now.", HostRefused, "Look at the mail server's certificate and log.", StartTls),
        new("smtp.starttls-5xx", Error, "The MX host offers STARTTLS and then refuses it.", HostRefused, "Look at the mail server's certificate and log.", StartTls),
        new("smtp.starttls-injection", Security, "Clear text follows the go-ahead for TLS.", HostRefused, "Update the mail server; if it is sound, somebody tampers with the connection.", "RFC 3207 §6"),
        new("smtp.no-ehlo", Error, "The MX host knows no EHLO, and so no STARTTLS.", HostRefused, "Update the mail server, or what stands before it.", "RFC 5321 §4.1.1.1"),
        new("tls.handshake", Error, "The TLS handshake with the MX host fails.", HostRefused, "Let the mail server speak TLS 1.2 or 1.3 with a common cipher.", "RFC 8461 §4.2"),
        new("tls.good", Info, "TLS works, and the certificate is valid for the MX host.", "Senders that enforce the policy deliver.", "Nothing to do.", "RFC 8461 §4.2"),
        new("tls.version-12", Info, "The MX host speaks TLS 1.2, but not 1.3.", "None.", "Update the mail server when it suits.", "RFC 8446"),
        new("tls.opportunistic", Info, "TLS works; without an enforced policy no certificate is asked for.", "Mail travels encrypted, unless somebody on the way prevents it.", "Nothing to do.", "RFC 7435"),
    ];
}
