using System.Net;
using System.Text;
using MtaSts.Delivery.Testing.Network;
using MtaSts.Delivery.Testing.Smtp;

namespace MtaSts.Delivery.Testing;

/// <summary>Says what must have happened on an internet, without a test framework: each method throws a <see cref="VerificationException"/> that shows what happened instead.</summary>
/// <remarks>Asked about a host or domain that this internet does not have, it throws an <see cref="ArgumentException"/> that names those it has.</remarks>
public sealed class Verification
{
    private readonly FakeInternet _internet;

    internal Verification(FakeInternet internet) => _internet = internet;

    /// <summary>No MAIL, RCPT, DATA or BDAT went over the wire in clear, to nobody.</summary>
    public Verification NoMailInClear() =>
        Check(_internet.Sessions.Where(session => session.WasOfferedMailInClear), session => $"{session.Host} was offered mail in clear:\n{session}");

    /// <summary>An MX host was told nothing about mail: no MAIL, RCPT, DATA or BDAT, in clear or under TLS.</summary>
    public Verification NoMailTo(string mxHost) =>
        Check(Host(mxHost).Sessions.Where(session => session.WasOfferedMail), session => $"{session.Host} was offered mail:\n{session}");

    /// <summary>Nobody tried to connect to an MX host, at any of its addresses.</summary>
    public Verification NoConnectionTo(string mxHost)
    {
        FakeMxHost host = Host(mxHost);
        return Check(
            _internet.Connections.Where(attempt => host.Addresses.Contains(attempt.EndPoint.Address)),
            attempt => $"Somebody connected to {host.Name} ({attempt.EndPoint}) at {attempt.Time:u}.");
    }

    /// <summary>So many sessions with an MX host.</summary>
    public Verification Sessions(string mxHost, int count) =>
        Check(Host(mxHost).Sessions, count, $"sessions with {mxHost}", session => session.ToString());

    /// <summary>What a client said to an MX host in clear, in all its sessions: these verbs, in this order, and nothing else.</summary>
    public Verification SaidInClear(string mxHost, params string[] verbs)
    {
        ArgumentNullException.ThrowIfNull(verbs);
        string[] said = [.. Host(mxHost).Sessions.SelectMany(session => session.SaidInClear)];
        return Check(said.Select(SmtpTranscript.Verb).SequenceEqual(verbs), () =>
            $"{mxHost} should have heard in clear: {Listed(verbs)}. It heard: {Listed(said)}.");
    }

    /// <summary>So many messages were accepted, by all MX hosts together.</summary>
    public Verification Messages(int count) =>
        Check(_internet.Messages, count, "messages", message => $"{message.Host}: from <{message.ReversePath}> to {Listed(message.Recipients)}, {message.Content.Length} octets");

    /// <summary>Exactly one message was accepted for a recipient, and its content is this, octet by octet.</summary>
    public Verification Message(string recipient, ReadOnlyMemory<byte> content)
    {
        ReceivedMessage[] received = [.. _internet.Messages.Where(message => message.Recipients.HasMailbox(recipient))];
        Check(received, 1, $"messages for {recipient}", message => $"{message.Host}: {message.Content.Length} octets");
        ReadOnlyMemory<byte> seen = received[0].Content;
        int same = seen.Span.CommonPrefixLength(content.Span);
        return Check(same == content.Length && same == seen.Length, () =>
            $"The message for {recipient} should have {content.Length} octets and has {seen.Length}; from octet {same} on it differs: {Excerpt(content, same)} became {Excerpt(seen, same)}.");
    }

    /// <summary>DNS was asked for a name and type so often.</summary>
    public Verification Queries(string name, DnsRecordType type, int count)
    {
        string canonical = HostNames.Canonical(name);
        IEnumerable<DnsQuery> queries = _internet.Dns.Queries;
        return Check(
            [.. queries.Where(query => query.Name == canonical && query.Type == type)], count, $"queries for {canonical} {type}", query => $"{query.Time:u} over {query.Transport}");
    }

    /// <summary>The policy of a domain was requested so often.</summary>
    public Verification PolicyRequests(string domain, int count)
    {
        FakeDomain known = _internet.KnownDomain(domain) ?? throw Unknown("domain", domain, _internet.DomainNames);
        return Check(known.PolicyHost.Requests, count, $"requests for the policy of {domain}", request => $"{request.Method} {request.Target} at {request.Time:u}");
    }

    /// <summary>Every MX host that was set up is one that DNS leads to: none is a slip of the pen.</summary>
    public Verification EveryMxHostIsInDns()
    {
        IReadOnlyList<string> named = _internet.Dns.MxExchanges();
        HashSet<IPAddress> reached = [.. named.SelectMany(_internet.Dns.AddressesOf)];
        return Check(
            _internet.MxHosts.Where(host => !named.Contains(host.Name) && !host.Addresses.Any(reached.Contains)),
            host => $"No MX record names {host.Name}, so what was set up there has no effect; the MX records name {Listed(named)}.");
    }

    private FakeMxHost Host(string name) => _internet.KnownMxHost(name) ?? throw Unknown("MX host", name, _internet.MxHosts.Select(host => host.Name));

    private static ArgumentException Unknown(string what, string name, IEnumerable<string> known) =>
        new($"This internet has no {what} '{name}'. It has: {Listed(known)}.", nameof(name));

    private Verification Check<T>(IEnumerable<T> wrong, Func<T, string> tell)
    {
        T[] all = [.. wrong];
        return Check(all.Length == 0, () => string.Join("\n\n", all.Select(tell)));
    }

    private Verification Check<T>(IReadOnlyList<T> seen, int count, string what, Func<T, string> tell) =>
        Check(seen.Count == count, () => $"There should be {count} {what}, and there are {seen.Count}.{string.Concat(seen.Select(one => $"\n\n{tell(one)}"))}");

    private Verification Check(bool holds, Func<string> tell) => holds ? this : throw new VerificationException(tell());

    private static string Listed(IEnumerable<string> words) => string.Join(", ", words) is { Length: > 0 } text ? text : "nothing";

    private static string Excerpt(ReadOnlyMemory<byte> octets, int from)
    {
        const int length = 40;
        string text = Encoding.Latin1.GetString(octets.Span.Slice(from, Math.Min(length, octets.Length - from)));
        return text.Length == 0 ? "its end" : $"\"{text.Replace("\r", "\\r", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
    }
}
