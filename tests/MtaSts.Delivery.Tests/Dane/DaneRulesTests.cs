using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using NUnit.Framework;
using static MtaSts.Delivery.Tests.Dane.TestChain;

namespace MtaSts.Delivery.Tests.Dane;

public sealed class DaneRulesTests
{
    private static readonly DomainName Expanded = DomainName.Parse("mx.provider.example");
    private static readonly DomainName Domain = DomainName.Parse("example.com");
    private static readonly DomainName ExpandedDomain = DomainName.Parse("example.net");

    private static bool Passes(X509Certificate2 leaf, X509Certificate2[] others, DaneRequirement.Authenticated demand, DateTimeOffset? now = null) =>
        DaneRules.Judge(demand, Presented(leaf, others), now ?? Now).MatchedBy is not null;

    /// <summary>DANE-18, DANE-12. RFC 6698 §2.1, §4.1; RFC 7672 §3.1.3.</summary>
    [TestCase(3, 1, 1, 32, true)]
    [TestCase(3, 0, 1, 32, true)]
    [TestCase(2, 0, 1, 32, true)]
    [TestCase(2, 1, 1, 32, true)]
    [TestCase(3, 1, 2, 64, true)]
    [TestCase(2, 0, 2, 64, true)]
    [TestCase(3, 1, 1, 31, false)]
    [TestCase(3, 1, 1, 33, false)]
    [TestCase(3, 1, 1, 64, false)]
    [TestCase(3, 1, 2, 32, false)]
    [TestCase(3, 1, 1, 0, false)]
    [TestCase(3, 1, 3, 32, false)]
    [TestCase(3, 1, 255, 32, false)]
    [TestCase(3, 2, 1, 32, false)]
    [TestCase(3, 255, 1, 32, false)]
    [TestCase(0, 1, 1, 32, false)]
    [TestCase(1, 1, 1, 32, false)]
    [TestCase(4, 1, 1, 32, false)]
    [TestCase(255, 1, 1, 32, false)]
    [TestCase(3, 1, 0, 32, false)]
    [TestCase(3, 0, 0, 32, false)]
    public void A_record_can_be_used_when_all_its_fields_are_known_and_its_data_has_their_length(byte usage, byte selector, byte type, int length, bool usable) =>
        Assert.That(DaneRules.IsUsable(new TlsaRecord(usage, selector, type, new byte[length])), Is.EqualTo(usable));

    /// <summary>DANE-18. RFC 6698 §2.1.3.</summary>
    [Test]
    public void A_certificate_or_key_in_full_must_be_one_and_nothing_more()
    {
        byte[] certificate = Leaf.RawData, key = Leaf.PublicKey.ExportSubjectPublicKeyInfo();
        Assert.Multiple(() =>
        {
            Assert.That(DaneRules.IsUsable(new TlsaRecord(3, 0, 0, certificate)), Is.True);
            Assert.That(DaneRules.IsUsable(new TlsaRecord(2, 1, 0, key)), Is.True);
            Assert.That(DaneRules.IsUsable(new TlsaRecord(3, 0, 0, certificate.AsSpan()[..^1])), Is.False);
            Assert.That(DaneRules.IsUsable(new TlsaRecord(3, 0, 0, (byte[])[.. certificate, 0])), Is.False);
            Assert.That(DaneRules.IsUsable(new TlsaRecord(3, 0, 0, key)), Is.False);
            Assert.That(DaneRules.IsUsable(new TlsaRecord(3, 1, 0, certificate)), Is.False);
            Assert.That(DaneRules.IsUsable(new TlsaRecord(3, 1, 0, (byte[])[.. key, 0])), Is.False);
        });
    }

    /// <summary>DANE-10, DANE-18. RFC 7672 §3.1.1.</summary>
    [Test]
    public void Usage_3_matches_the_servers_own_certificate_by_every_selector_and_type([Values((byte)0, (byte)1)] byte selector, [Values((byte)0, (byte)1, (byte)2)] byte type) =>
        Assert.Multiple(() =>
        {
            Assert.That(Passes(Leaf, [Intermediate.Certificate], Demand(Record(Leaf, 3, selector, type))), Is.True);
            Assert.That(Passes(Leaf, [Intermediate.Certificate], Demand(Record(Intermediate.Certificate, 3, selector, type))), Is.False);
            Assert.That(Passes(Server("mx1.example.com", Intermediate), [], Demand(Record(Leaf, 3, selector, type))), Is.False);
        });

    /// <summary>DANE-10. RFC 7672 §3.1.1: neither names nor dates count.</summary>
    [Test]
    public void An_expired_certificate_of_its_own_making_and_another_name_passes_by_its_key()
    {
        X509Certificate2 leaf = Server("elsewhere.example", null, end: Begin.AddDays(1));
        Assert.That(Passes(leaf, [], Demand(Record(leaf, 3))), Is.True);
    }

    /// <summary>DANE-19. RFC 7671 §9.</summary>
    [Test]
    public void Of_digests_for_one_usage_and_selector_only_the_strongest_counts()
    {
        TlsaRecord right256 = Record(Leaf, 3, 1, 1), right512 = Record(Leaf, 3, 1, 2), full = Record(Leaf, 3, 1, 0);
        Assert.Multiple(() =>
        {
            Assert.That(Passes(Leaf, [], Demand(right256, Wrong(3, 1, 2))), Is.False, "the stronger one does not match");
            Assert.That(Passes(Leaf, [], Demand(Wrong(3, 1, 1), right512)), Is.True);
            Assert.That(Passes(Leaf, [], Demand(Wrong(3, 1, 1), Wrong(3, 1, 2), full)), Is.True, "the octets themselves always count");
            Assert.That(Passes(Leaf, [], Demand(right256, Wrong(3, 0, 2))), Is.True, "another selector stands by itself");
            Assert.That(Passes(Leaf, [], Demand(right256, Wrong(2, 1, 2))), Is.True, "another usage stands by itself");
            Assert.That(Passes(Leaf, [], Demand(right256, new TlsaRecord(3, 1, 2, new byte[63]))), Is.True, "one that cannot be used is not stronger");
            Assert.That(Passes(Leaf, [], Demand(Wrong(3, 1, 1), right256)), Is.True, "any of equal strength will do");
        });
    }

    /// <summary>DANE-11. RFC 7672 §3.1.2.</summary>
    [Test]
    public void Usage_2_takes_a_path_to_the_named_anchor_and_no_further([Values((byte)0, (byte)1)] byte selector, [Values((byte)0, (byte)1, (byte)2)] byte type) =>
        Assert.Multiple(() =>
        {
            TlsaRecord below = Record(Intermediate.Certificate, 2, selector, type), top = Record(Root.Certificate, 2, selector, type);
            Assert.That(Passes(Leaf, [Intermediate.Certificate, Root.Certificate], Demand(below)), Is.True, "with the root");
            Assert.That(Passes(Leaf, [Intermediate.Certificate], Demand(below)), Is.True, "nobody needs what is above the anchor");
            Assert.That(Passes(Leaf, [Intermediate.Certificate, Root.Certificate], Demand(top)), Is.True, "the root");
            Assert.That(Passes(Leaf, [Root.Certificate, Intermediate.Certificate], Demand(top)), Is.True, "in another order");
            Assert.That(Passes(Leaf, [Root.Certificate], Demand(top)), Is.False, "a certificate on the way is missing");
            Assert.That(Passes(Leaf, [Intermediate.Certificate, Root.Certificate], Demand(Record(Leaf, 2, selector, type))), Is.False, "nobody is an anchor of their own");
        });

    /// <summary>DANE-11. RFC 7672 §3.1.2; an anchor that stands in DNS itself may be left out, RFC 7671 §5.2.2, §5.2.3.</summary>
    [TestCase((byte)0, (byte)0, true)]
    [TestCase((byte)1, (byte)0, true)]
    [TestCase((byte)0, (byte)1, false)]
    [TestCase((byte)1, (byte)1, false)]
    [TestCase((byte)1, (byte)2, false)]
    public void An_anchor_that_is_not_sent_must_stand_in_dns(byte selector, byte type, bool passes) =>
        Assert.Multiple(() =>
        {
            Assert.That(Passes(Leaf, [], Demand(Record(Intermediate.Certificate, 2, selector, type))), Is.EqualTo(passes), "the issuer");
            Assert.That(Passes(Leaf, [Intermediate.Certificate], Demand(Record(Root.Certificate, 2, selector, type))), Is.EqualTo(passes), "the root");
        });

    /// <summary>DANE-11. An anchor that is only sent along vouches for nothing, not even under the issuer's name.</summary>
    [Test]
    public void An_anchor_that_did_not_sign_does_not_count([Values((byte)0, (byte)1)] byte selector, [Values((byte)0, (byte)1)] byte type, [Values] bool sent)
    {
        Issued stranger = Authority("Intermediate", Root), other = Authority("Another", null);
        X509Certificate2 forged = Server("mx1.example.com", stranger);
        X509Certificate2[] presented = sent ? [Intermediate.Certificate, Root.Certificate] : [];
        Assert.Multiple(() =>
        {
            Assert.That(Passes(forged, presented, Demand(Record(Intermediate.Certificate, 2, selector, type))), Is.False, "the same name, another key");
            Assert.That(Passes(Server("mx1.example.com", other), presented, Demand(Record(Intermediate.Certificate, 2, selector, type))), Is.False, "another name");
            Assert.That(Passes(forged, [stranger.Certificate, .. presented], Demand(Record(Intermediate.Certificate, 2, selector, type))), Is.False, "its true issuer beside it");
            Assert.That(Passes(forged, [stranger.Certificate, .. presented], Demand(Record(stranger.Certificate, 2, selector, type))), Is.True, "by its true issuer");
        });
    }

    /// <summary>DANE-11. RFC 5280 §6.1.4: who is no authority, or one for other names, issues nothing.</summary>
    [Test]
    public void A_path_over_somebody_who_may_not_issue_does_not_count()
    {
        Issued customer = Authority("Customer", Intermediate, isAuthority: false), narrow = Authority("Narrow", Root, permitted: "example.org");
        X509Certificate2 byCustomer = Server("mx1.example.com", customer), byNarrow = Server("mx1.example.com", narrow);
        Assert.Multiple(() =>
        {
            Assert.That(Passes(byCustomer, [customer.Certificate, Intermediate.Certificate], Demand(Record(Intermediate.Certificate, 2))), Is.False, "no authority");
            Assert.That(Passes(byCustomer, [customer.Certificate, Intermediate.Certificate], Demand(Record(Root.Certificate, 2, 1, 0))), Is.False, "no authority, and a bare key");
            Assert.That(Passes(byNarrow, [narrow.Certificate, Root.Certificate], Demand(Record(Root.Certificate, 2))), Is.False, "one for other names");
        });
    }

    /// <summary>DANE-11. RFC 7672 §3.1.2: dates count up to the anchor.</summary>
    [Test]
    public void Dates_count_for_usage_2()
    {
        X509Certificate2 old = Server("mx1.example.com", Intermediate, end: Now.AddDays(-1));
        Issued oldAuthority = Authority("Old", Root, end: Now.AddDays(-1)), oldRoot = Authority("Old root", null, end: Now.AddDays(-1)), belowOldRoot = Authority("Below", oldRoot);
        Assert.Multiple(() =>
        {
            Assert.That(Passes(old, [Intermediate.Certificate], Demand(Record(Intermediate.Certificate, 2))), Is.False, "the server's own");
            Assert.That(Passes(Leaf, [Intermediate.Certificate], Demand(Record(Intermediate.Certificate, 2)), Begin.AddDays(-1)), Is.False, "not yet");
            Assert.That(Passes(Server("mx1.example.com", oldAuthority), [oldAuthority.Certificate], Demand(Record(oldAuthority.Certificate, 2))), Is.False, "the anchor's");
            Assert.That(Passes(Server("mx1.example.com", belowOldRoot), [belowOldRoot.Certificate, oldRoot.Certificate], Demand(Record(belowOldRoot.Certificate, 2))), Is.True, "not above it");
            Assert.That(Passes(old, [], Demand(Record(Intermediate.Certificate, 2, 1, 0))), Is.False, "below a bare key");
        });
    }

    /// <summary>DANE-11. A kept session is judged again: what was found out about its chain holds as long as its dates do, and for the same records only.</summary>
    [Test]
    public void A_chain_that_is_judged_again_is_judged_by_the_moment_and_the_records()
    {
        PresentedChain chain = Presented(Leaf, Intermediate.Certificate);
        DaneRequirement.Authenticated right = Demand(Record(Intermediate.Certificate, 2)), wrong = Demand(Wrong(2)), full = Demand(Record(Root.Certificate, 2, 0, 0));
        bool Passes(DaneRequirement.Authenticated demand, DateTimeOffset now) => DaneRules.Judge(demand, chain, now).MatchedBy is not null;
        Assert.Multiple(() =>
        {
            Assert.That(Passes(right, Now), Is.True);
            Assert.That(Passes(wrong, Now), Is.False);
            Assert.That(Passes(right, Now), Is.True);
            Assert.That(Passes(full, Now), Is.True);
            Assert.That(Passes(right, End.AddSeconds(1)), Is.False, "it has run out");
            Assert.That(Passes(right, End.AddSeconds(2)), Is.False);
            Assert.That(Passes(right, Now), Is.True, "the clock was wrong");
            Assert.That(Passes(right, Begin.AddSeconds(-1)), Is.False);
        });
    }

    /// <summary>DANE-13. RFC 7672 §3.2.2.</summary>
    [Test]
    public void The_domain_itself_is_a_reference_name_only_where_dnssec_vouches_for_the_mx_records()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Names(isAuthenticated: true), Is.EqualTo([Expanded, Domain, ExpandedDomain]));
            Assert.That(Names(isAuthenticated: false), Is.EqualTo([Expanded]));
        });

        static IReadOnlyList<DomainName> Names(bool isAuthenticated) => ((DaneRequirement.Authenticated)DaneRules.Require(
            new DaneLookup.Found(Expanded, [Wrong(2)]), Host, new DaneRoute(Domain, ExpandedDomain, isAuthenticated, IsRequired: false))!).ReferenceNames;
    }

    /// <summary>DANE-11, DANE-13, DANE-14. RFC 7672 §3.2.2, §3.2.3.</summary>
    [TestCase("mx1.example.com", "server", true)]
    [TestCase("example.com", "server", true)]
    [TestCase("*.example.com", "server", true)]
    [TestCase("mx2.example.com", "server", false)]
    [TestCase("*.com", "server", false)]
    [TestCase("mx2.example.com", "mx1.example.com", false, Description = "a common name beside a DNS-ID")]
    [TestCase(null, "mx1.example.com", true)]
    [TestCase(null, "*.example.com", true)]
    [TestCase(null, "server", false)]
    public void A_certificate_below_an_anchor_must_carry_a_reference_name(string? dnsName, string commonName, bool passes)
    {
        var demand = new DaneRequirement.Authenticated(Host, [Record(Intermediate.Certificate, 2)], [Host, Domain], IsMxAuthenticated: true);
        Assert.That(Passes(Server(dnsName, Intermediate, commonName: commonName), [Intermediate.Certificate], demand), Is.EqualTo(passes));
    }

    /// <summary>DANE-14. Alternative names that cannot be read may have been DNS-IDs; an address is none.</summary>
    [TestCase("307f8203616263", false)]
    [TestCase("30068704C0000201", true)]
    public void A_common_name_counts_only_where_there_certainly_is_no_dns_id(string alternativeNames, bool passes)
    {
        X509Certificate2 leaf = Server(null, Intermediate, commonName: "mx1.example.com", alternativeNames: Convert.FromHexString(alternativeNames));
        Assert.That(Passes(leaf, [Intermediate.Certificate], Demand(Record(Intermediate.Certificate, 2))), Is.EqualTo(passes));
    }

    [Test]
    public void Nothing_presented_or_nothing_kept_authenticates_nobody() =>
        Assert.That(DaneRules.Judge(Demand(Record(Leaf, 3)), null, Now).MatchedBy, Is.Null);

    /// <summary>DANE-16. RFC 7672 §2.2.2, §2.2.3.</summary>
    [TestCase("mx1.example.com", true, false, "mx1.example.com")]
    [TestCase("mx1.example.com", false, false, "")]
    [TestCase("mx.provider.example", true, false, "mx.provider.example mx1.example.com")]
    [TestCase("mx.provider.example", false, true, "mx1.example.com")]
    [TestCase("mx.provider.example", false, false, "")]
    public void Records_are_looked_for_below_the_last_name_and_the_first(string expanded, bool isAuthenticated, bool isAliasSecure, string names) =>
        Assert.That(string.Join(' ', DaneRules.BaseDomains(new DaneHost(Host, 25, DomainName.Parse(expanded), isAuthenticated), isAliasSecure)), Is.EqualTo(names));

    /// <summary>DANE-03, DANE-06, DANE-07, DANE-08, DANE-09. RFC 7672 §2.1.2, §2.2.</summary>
    [TestCase("usable", true, false, "Authenticated")]
    [TestCase("usable", false, false, "Authenticated")]
    [TestCase("mixed", true, false, "Authenticated")]
    [TestCase("unusable", true, false, "Encrypted")]
    [TestCase("none", true, false, null)]
    [TestCase("unavailable", true, false, "Unavailable")]
    [TestCase("usable", true, true, "Authenticated")]
    [TestCase("usable", false, true, "Missing")]
    [TestCase("unusable", true, true, "Missing")]
    [TestCase("none", true, true, "Missing")]
    [TestCase("unavailable", true, true, "Unavailable")]
    public void What_a_look_up_demands(string what, bool isMxAuthenticated, bool isRequired, string? demand)
    {
        DaneLookup lookup = what switch
        {
            "usable" => new DaneLookup.Found(Host, [Wrong(3)]),
            "mixed" => new DaneLookup.Found(Host, [Wrong(1), Wrong(3)]),
            "unusable" => new DaneLookup.Found(Host, [Wrong(1), Wrong(0)]),
            "none" => new DaneLookup.None("none"),
            _ => new DaneLookup.Unavailable(Host, "SERVFAIL"),
        };
        Assert.That(DaneRules.Require(lookup, Host, new DaneRoute(Domain, Domain, isMxAuthenticated, isRequired))?.GetType().Name, Is.EqualTo(demand));
    }
}
