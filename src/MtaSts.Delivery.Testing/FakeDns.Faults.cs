using MtaSts.Delivery.Testing.Zones;

namespace MtaSts.Delivery.Testing;

/// <content>Faults. A fault for a type goes before a fault for the whole name; a later one replaces an earlier one.</content>
public sealed partial class FakeDns
{
    /// <summary>There is no such name, whatever records it has.</summary>
    public FakeDns NxDomain(string name) => Spoil(name, null, DnsFault.NxDomain);

    /// <summary>The name exists, but has no record of this type.</summary>
    public FakeDns NoData(string name, DnsRecordType type) => Spoil(name, type, DnsFault.NoData);

    /// <summary>SERVFAIL.</summary>
    public FakeDns ServFail(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.ServFail);

    /// <summary>REFUSED.</summary>
    public FakeDns Refused(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.Refused);

    /// <summary>No answer at all. Simulated time passes while the client waits: two minutes for each datagram, an hour on a connection.</summary>
    public FakeDns Silent(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.Silent);

    /// <summary>The answer comes after a simulated time.</summary>
    public FakeDns Delay(string name, TimeSpan delay)
    {
        _zone.Delay(name, delay);
        return this;
    }

    /// <summary>Over UDP only the TC bit, over TCP the whole answer.</summary>
    public FakeDns Truncate(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.Truncate);

    /// <summary>The TC bit and no records, over TCP too.</summary>
    public FakeDns TruncateEverywhere(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.TruncateEverywhere);

    /// <summary>Over UDP only the TC bit; over TCP the connection is closed without an answer.</summary>
    public FakeDns TruncateWithoutTcp(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.TruncateWithoutTcp);

    /// <summary>The answer carries another id than the question.</summary>
    public FakeDns WrongId(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.WrongId);

    /// <summary>The answer repeats another question than was asked.</summary>
    public FakeDns WrongQuestion(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.WrongQuestion);

    /// <summary>The answer comes from another port than the question went to. Over TCP nothing is wrong.</summary>
    public FakeDns WrongSource(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.WrongSource);

    /// <summary>The answer has its QR bit clear: it claims to be a question.</summary>
    public FakeDns NotAResponse(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.NotAResponse);

    /// <summary>The records in the answer belong to another name.</summary>
    public FakeDns ForeignOwner(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.ForeignOwner);

    /// <summary>The right id and then nonsense.</summary>
    public FakeDns Garbage(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.Garbage);

    /// <summary>The answer holds the CNAME of the name, but not what it leads to.</summary>
    public FakeDns CnameOnly(string name, DnsRecordType? type = null) => Spoil(name, type, DnsFault.CnameOnly);

    /// <summary>The AD bit is set for clients that ask for it (DO or AD), as a validating resolver does.</summary>
    public FakeDns Authenticated(string name)
    {
        _zone.Authenticate(name);
        return this;
    }

    /// <summary>DNSSEC signs a zone and all below it, as far as no <see cref="UnsignedZone"/> lies between: answers of which every step is signed carry the AD bit, that there is no record included.</summary>
    /// <param name="zone">Any name, for example <c>example.test</c>, or <c>test</c> for everything there.</param>
    public FakeDns SignedZone(string zone)
    {
        _zone.Sign(zone, isSigned: true);
        return this;
    }

    /// <summary>A zone below a signed one that is not signed, and all below it.</summary>
    public FakeDns UnsignedZone(string zone)
    {
        _zone.Sign(zone, isSigned: false);
        return this;
    }

    /// <summary>Signatures that do not hold: a resolver that validates answers with SERVFAIL. RFC 4035 §5.5.</summary>
    public FakeDns Bogus(string name, DnsRecordType? type = null) => ServFail(name, type);

    /// <summary>A function answers, for answers that change over time. It is called for each question, on any thread.</summary>
    public FakeDns Custom(string name, DnsRecordType type, Func<DnsQuestion, DnsReply> reply)
    {
        _zone.Answer(name, type, reply);
        return this;
    }

    /// <summary>Removes the faults, delay, AD bit and functions of a name. Records, TTLs and signed zones stay.</summary>
    public FakeDns Healthy(string name)
    {
        _zone.Heal(name);
        return this;
    }

    private FakeDns Spoil(string name, DnsRecordType? type, DnsFault fault)
    {
        _zone.Spoil(name, type, fault);
        return this;
    }
}
