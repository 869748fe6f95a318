using System.Net;
using System.Text.Json;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Testing;
using MtaSts.Delivery.Tls;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.DaneDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>DANE in whole deliveries: which hosts get mail, by which records, and what is said of those that do not. RFC 7672.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class DaneTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Owner = "_25._tcp.mx1.example.test";

    private FakeInternet _internet = null!;

    [SetUp]
    public async Task StartAsync() => _internet = await FakeInternet.StartAsync();

    [TearDown]
    public ValueTask EndAsync() => _internet.DisposeAsync();

    /// <summary>Off unless switched on: no question more, and nothing else is different.</summary>
    [Test]
    public async Task Nothing_is_asked_and_nothing_is_demanded_while_dane_is_off()
    {
        _internet.Signed().MxHost(Mx1).WrongTlsa();
        DeliveryResult result = await _internet.SendAsync();
        Assert.That(result.Delivered().IsVerified, Is.True);
        Assert.That(_internet.TlsaAskedFor(), Is.Empty);
        Assert.That(_internet.Dns.Queries.Select(query => query.Type).Distinct(), Is.EquivalentTo([DnsRecordType.Mx, DnsRecordType.Txt, DnsRecordType.A, DnsRecordType.Aaaa]));
        Assert.That(result.Attempts().Single().Requirement.Dane, Is.Null);
        Assert.That(result.ToJson(), Does.Not.Contain("dane").IgnoreCase.And.Not.Contain("authenticatedBy"));
    }

    /// <summary>DANE-07, DANE-10. RFC 7672 §2.2, §3.1.1.</summary>
    [Test]
    public async Task A_record_that_matches_authenticates_a_host_whatever_else_is_wrong_with_its_certificate([Values((byte)0, (byte)1)] byte selector, [Values((byte)0, (byte)1, (byte)2)] byte type)
    {
        _internet.Signed().MxHost(Mx1).Certificate(c => c.SelfSigned().Expired().Names("elsewhere.test")).Tlsa(3, selector, type);
        DeliveryResult result = await _internet.SendByDaneAsync();
        DeliveryAttempt attempt = result.Attempts().Single();
        Assert.Multiple(() =>
        {
            Assert.That(result.Delivered().IsVerified, Is.True);
            Assert.That(attempt.AuthenticatedBy, Is.EqualTo(attempt.Requirement.Dane!.Records.Single()));
            Assert.That(result.Delivered().Explanation, Does.Contain($"that the TLSA record 3 {selector} {type} ").And.Contains("of mx1.example.test authenticates;"));
            Assert.That(_internet.MxHost(Mx1).Messages.Single().IsTls, Is.True);
        });
    }

    /// <summary>DANE-07. RFC 7672 §2.2.</summary>
    [Test]
    public async Task A_record_that_does_not_match_holds_the_mail_back_and_the_outcome_says_what_to_mend()
    {
        _internet.Signed().MxHost(Mx1).WrongTlsa();
        DeliveryResult result = await _internet.SendByDaneAsync();
        RecipientOutcome.Deferred deferred = result.Deferred();
        Assert.Multiple(() =>
        {
            Assert.That((deferred.Failure, deferred.Stage, deferred.Status.ToString()), Is.EqualTo((FailureCode.TlsaMismatch, DeliveryStage.Tls, "4.7.5")));
            Assert.That(deferred.Explanation, Does.StartWith("No MX host of example.test could be authenticated by DANE, so the message was not handed over. mx1.example.test [")
                .And.Contains("the certificate matches none of the TLSA records of mx1.example.test (compared: 3 1 1 ").And.Contains("mx1.example.test presented 3 1 1 "));
            Assert.That(deferred.Advice, Does.Contain("publish a TLSA record for the certificate"));
            Assert.That(_internet.MxHost(Mx1).Sessions.Single().Commands, Is.EqualTo(["EHLO", "STARTTLS", "QUIT"]));
            Assert.That(result.Attempts().Single().Verdict!.Failures, Is.EqualTo([TlsFailure.TlsaMismatch]));
        });
        _internet.MxHost(Mx1).WasToldNothing();
    }

    /// <summary>DANE-07, DANE-20. RFC 7672 §2.2: the next host's turn comes.</summary>
    [Test]
    public async Task The_next_host_is_tried_when_one_does_not_match()
    {
        _internet.Signed(Mx1, Mx2).MxHost(Mx1).WrongTlsa();
        _internet.MxHost(Mx2).Tlsa();
        DeliveryResult result = await _internet.SendByDaneAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx2));
        Assert.That(result.Delivered().Explanation, Does.Contain("Tried before: mx1.example.test"));
        _internet.MxHost(Mx1).WasToldNothing();
    }

    /// <summary>DANE-20. RFC 7672 §2.2.1.</summary>
    [Test]
    public async Task Security_does_not_change_the_order_of_hosts()
    {
        _internet.Signed(Mx1, Mx2).MxHost(Mx2).Tlsa();
        DeliveryResult result = await _internet.SendByDaneAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx1));
        Assert.That(_internet.MxHost(Mx2).Sessions, Is.Empty);
    }

    /// <summary>DANE-07. RFC 7672 §2.2: each way to lose TLS is a way to strip it.</summary>
    [Test]
    public async Task No_flaw_of_tls_leads_to_clear_text_where_there_are_records([Values("none", "454", "501", "helo", "garbage", "close", "injected", "old")] string flaw, [Values((byte)3, (byte)1)] byte usage)
    {
        FakeMxHost host = _internet.Signed().MxHost(Mx1).Tlsa(usage);
        _ = flaw switch
        {
            "none" => host.NoStartTls(),
            "454" => host.StartTlsReply("454 4.7.0 not now"),
            "501" => host.StartTlsReply("501 5.5.4 no"),
            "helo" => host.HeloOnly().NoStartTls(),
            "garbage" => host.Handshake(HandshakeFault.Garbage),
            "close" => host.Handshake(HandshakeFault.Close),
            "injected" => host.InjectAfterStartTls("250 OK\r\n"),
            _ => host.Handshake(HandshakeFault.OldTls),
        };
        DeliveryResult result = await _internet.SendByDaneAsync();
        Assert.That(result.Deferred().Stage, Is.EqualTo(DeliveryStage.Tls));
        Assert.That(result.Deferred().Explanation, Does.Contain("while the TLSA records of mx1.example.test demand TLS"));
        host.WasToldNothing();
        Assert.That(host.SawMailInClear(), Is.False);
    }

    /// <summary>DANE-07. A refusal in clear text may be forged, so it fails nothing for good where TLSA records demand TLS.</summary>
    [Test]
    public async Task A_5yz_in_clear_text_is_not_believed_where_there_are_records()
    {
        _internet.Signed().MxHost(Mx1).Tlsa().Greeting("554 5.7.1 go away");
        Assert.That((await _internet.SendByDaneAsync()).Deferred().Failure, Is.EqualTo(FailureCode.RefusedBeforeTls));
    }

    /// <summary>DANE-08, DANE-12. RFC 7672 §2.2, §3.1.3.</summary>
    [TestCase((byte)0, (byte)1, 32)]
    [TestCase((byte)1, (byte)1, 32)]
    [TestCase((byte)4, (byte)1, 32)]
    [TestCase((byte)3, (byte)9, 32)]
    [TestCase((byte)3, (byte)1, 31)]
    public async Task Records_that_cannot_be_used_demand_tls_and_no_certificate(byte usage, byte type, int length)
    {
        _internet.Signed().MxHost(Mx1).Certificate(c => c.SelfSigned().Names("elsewhere.test"));
        _internet.Dns.AddTlsa(Mx1, usage, 1, type, new byte[length]);
        DeliveryResult result = await _internet.SendByDaneAsync();
        Assert.That((result.Delivered().IsEncrypted, result.Delivered().IsVerified), Is.EqualTo((true, false)));
        Assert.That(result.Delivered().Explanation, Does.Contain("None of the TLSA records of mx1.example.test can be used, so TLS was required"));

        _internet.MxHost(Mx1).NoStartTls();
        Assert.That((await _internet.SendByDaneAsync()).Deferred().Failure, Is.EqualTo(FailureCode.StartTlsNotOffered));
    }

    /// <summary>DANE-06. RFC 7672 §2.1.2.</summary>
    [TestCase("bogus")]
    [TestCase("refused")]
    [TestCase("silent")]
    [TestCase("garbage")]
    public async Task A_look_up_of_records_that_fails_makes_the_host_unreachable(string how)
    {
        _internet.Signed(Mx1, Mx2);
        _ = how switch
        {
            "bogus" => _internet.Dns.Bogus(Owner),
            "refused" => _internet.Dns.Refused(Owner),
            "silent" => _internet.Dns.Silent(Owner),
            _ => _internet.Dns.Garbage(Owner),
        };
        DeliveryResult result = await _internet.SendByDaneAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx2));
        Assert.That(_internet.MxHost(Mx1).Sessions, Is.Empty);

        _internet.Dns.Bogus("_25._tcp." + Mx2);
        RecipientOutcome.Deferred deferred = (await _internet.SendByDaneAsync()).Deferred();
        Assert.That((deferred.Failure, deferred.Stage), Is.EqualTo((FailureCode.TlsaUnavailable, DeliveryStage.Tls)));
        Assert.That(deferred.Explanation, Does.Contain("the TLSA look-up for _25._tcp.mx1.example.test failed: ").And.Contains("SERVFAIL"));
    }

    /// <summary>DANE-02. RFC 7672 §2.1.2.</summary>
    [Test]
    public async Task Mx_records_that_cannot_be_looked_up_delay_the_mail()
    {
        _internet.Signed().Dns.Bogus("example.test", DnsRecordType.Mx);
        RecipientOutcome.Deferred deferred = (await _internet.SendByDaneAsync()).Deferred();
        Assert.That(deferred.Failure, Is.EqualTo(FailureCode.RouteUnavailable));
        Assert.That(_internet.MxHost(Mx1).Sessions, Is.Empty);
    }

    /// <summary>DANE-02, DANE-06. RFC 7672 §2.1.2: nor is a host used whose addresses cannot be looked up.</summary>
    [Test]
    public async Task Addresses_that_cannot_be_looked_up_make_the_host_unreachable()
    {
        _internet.Signed().Dns.Bogus(Mx1);
        Assert.That((await _internet.SendByDaneAsync()).Deferred().Failure, Is.EqualTo(FailureCode.HostAddressUnavailable));
        Assert.That(_internet.MxHost(Mx1).Sessions, Is.Empty);
    }

    /// <summary>DANE-09. RFC 7672 §2.2.</summary>
    [TestCase("proved NXDOMAIN")]
    [TestCase("proved NODATA")]
    [TestCase("unsigned record")]
    [TestCase("unsigned denial")]
    public async Task Where_dnssec_vouches_for_no_record_mail_goes_as_before(string what)
    {
        _internet.Signed().MxHost(Mx1).NoStartTls();
        switch (what)
        {
            case "proved NODATA":
                _internet.Dns.Txt(Owner, "something else");
                break;
            case "unsigned record":
                _internet.Dns.UnsignedZone("_tcp." + Mx1).AddTlsa(Mx1, 3, 1, 1, new byte[32]);
                break;
            case "unsigned denial":
                _internet.Dns.UnsignedZone("_tcp." + Mx1);
                break;
        }

        DeliveryResult result = await _internet.SendByDaneAsync();
        Assert.That(result.Delivered().IsEncrypted, Is.False);
        Assert.That(_internet.TlsaAskedFor(), Is.EqualTo([Owner]));
        Assert.That(result.Attempts().Single().Requirement.Dane, Is.Null);
    }

    /// <summary>DANE-04. RFC 7672 §2.2.2.</summary>
    [Test]
    public async Task Nothing_is_asked_about_records_where_dnssec_does_not_vouch_for_the_addresses()
    {
        _internet.Signed().Dns.UnsignedZone(Mx1).Silent(Owner);
        Assert.That((await _internet.SendByDaneAsync()).Delivered().IsVerified, Is.True);
        Assert.That(_internet.TlsaAskedFor(), Is.Empty);
    }

    /// <summary>DANE-04. RFC 7672 §2.2.2: addresses come first.</summary>
    [Test]
    public async Task Addresses_are_looked_up_before_records()
    {
        _internet.Signed().MxHost(Mx1).Tlsa();
        await _internet.SendByDaneAsync();
        DnsRecordType[] types = [.. _internet.Dns.Queries.Where(query => query.Name.EndsWith(Mx1, StringComparison.Ordinal)).Select(query => query.Type)];
        Assert.That(types[^1], Is.EqualTo(DnsRecordType.Tlsa));
        Assert.That(types[..^1], Is.EquivalentTo([DnsRecordType.A, DnsRecordType.Aaaa]));
    }

    /// <summary>DANE-05. RFC 7672 §2.2.3.</summary>
    [Test]
    public async Task Records_are_asked_for_by_the_port_that_is_connected_to()
    {
        _internet.Signed().MxHost(Mx1).WrongTlsa(port: 2525);
        DeliveryResult result = await _internet.SendByDaneAsync(options =>
        {
            options.Routing.Port = 2525;
            options.Network.EndPointMap = endPoint => _internet.Map(new IPEndPoint(endPoint.Address, 25));
        });
        Assert.That(_internet.TlsaAskedFor(), Is.EqualTo(["_2525._tcp.mx1.example.test"]));
        Assert.That(result.Deferred().Failure, Is.EqualTo(FailureCode.TlsaMismatch));
    }

    /// <summary>DANE-03, DANE-22. RFC 7672 §2.2.1: the host's records count though the way to it is not vouched for, and nobody calls that secure.</summary>
    [Test]
    public async Task Records_of_a_signed_host_count_for_an_unsigned_domain_and_the_result_says_what_is_not_proved()
    {
        _internet.Domain("example.test").Mx(10, "mx.provider.test");
        _internet.Dns.SignedZone("provider.test");
        _internet.MxHost("mx.provider.test").Certificate(c => c.SelfSigned()).Tlsa();
        DeliveryResult result = await _internet.SendByDaneAsync();
        Assert.Multiple(() =>
        {
            Assert.That(result.Attempts().Single().Requirement.Dane, Has.Property(nameof(DaneRequirement.IsMxAuthenticated)).False);
            Assert.That(((DaneRequirement.Authenticated)result.Attempts().Single().Requirement.Dane!).ReferenceNames.Select(name => name.Value), Is.EqualTo(["mx.provider.test"]));
            Assert.That(result.Delivered().Explanation, Does.Contain("though DNSSEC does not vouch for the MX record that leads there"));
            Assert.That(JsonDocument.Parse(result.ToJson()).RootElement.GetProperty("domains")[0].GetProperty("attempts")[0].GetProperty("requirement").GetProperty("dane").GetProperty("isMxAuthenticated").GetBoolean(), Is.False);
        });

        _internet.Dns.SignedZone("test");
        result = await _internet.SendByDaneAsync();
        Assert.That(result.Attempts().Single().Requirement.Dane, Has.Property(nameof(DaneRequirement.IsMxAuthenticated)).True);
        Assert.That(result.Delivered().Explanation, Does.Not.Contain("vouch"));
    }

    /// <summary>DANE-03. RFC 7672 §2.2: where this sender requires DANE, anything less delays the mail.</summary>
    [TestCase("pass", null)]
    [TestCase("no records", "there are no TLSA records at _25._tcp.mx1.example.test")]
    [TestCase("unusable", "none of the TLSA records of mx1.example.test can be used")]
    [TestCase("unsigned host", "DNSSEC does not vouch for the addresses of mx1.example.test")]
    [TestCase("unsigned domain", "DNSSEC does not vouch for the MX records of example.test")]
    public async Task A_domain_for_which_dane_is_required_gets_mail_by_dane_or_not_at_all(string what, string? missing)
    {
        FakeMxHost host = _internet.Signed().MxHost(Mx1);
        if (what != "no records")
        {
            host.Tlsa((byte)(what == "unusable" ? 1 : 3));
        }

        if (what == "unsigned host")
        {
            _internet.Dns.UnsignedZone(Mx1);
        }

        if (what == "unsigned domain")
        {
            _internet.Dns.UnsignedZone("example.test").SignedZone(Mx1);
        }

        DeliveryResult result = await _internet.SendByDaneAsync(options => options.Overrides.Add(new DeliveryOverride.RequireDane(DomainName.Parse("example.test"), "contract 12")));
        if (missing is null)
        {
            Assert.That(result.Delivered().IsVerified, Is.True);
            return;
        }

        Assert.That(result.Deferred().Failure, Is.EqualTo(FailureCode.TlsaMissing));
        Assert.That(result.Deferred().Explanation, Does.Contain("this sender requires DANE, and " + missing).And.Contains("require DANE (contract 12)"));
        Assert.That(host.Sessions, Is.Empty);
    }

    [Test]
    public async Task An_outcome_names_no_override_of_tlsa_records_while_dane_is_off()
    {
        _internet.Signed();
        DeliveryResult result = await _internet.SendAsync([SmtpDeliveries.One], configure: options =>
            options.Overrides.Add(new DeliveryOverride.IgnoreDane(DomainName.Parse("example.test"), "their zone is broken")));
        Assert.That(result.Delivered().Explanation, Does.Not.Contain("TLSA"));
        Assert.That(result.Domains.Single().Overrides, Is.Empty);
    }

    [Test]
    public async Task An_override_lets_mail_go_by_the_policy_alone_and_is_seen()
    {
        _internet.Signed().MxHost(Mx1).WrongTlsa();
        _internet.Enforce();
        DeliveryResult result = await _internet.SendByDaneAsync(options => options.Overrides.Add(new DeliveryOverride.IgnoreDane(DomainName.Parse("example.test"), "their zone is broken")));
        Assert.That(result.Delivered().IsVerified, Is.True);
        Assert.That(result.Delivered().Explanation, Does.Contain("ignore TLSA records (their zone is broken)"));
        Assert.That(_internet.TlsaAskedFor(), Is.Empty);
        Assert.That(result.ToJson(), Does.Contain("\"ignoreDane\""));
    }

    /// <summary>DANE-11. RFC 7672 §3.1.2.</summary>
    [TestCase("mx1.example.test", true)]
    [TestCase("elsewhere.test", false)]
    public async Task A_trust_anchor_authenticates_a_host_that_has_a_name_below_it(string name, bool passes)
    {
        _internet.Signed().MxHost(Mx1).Certificate(c => c.WithIntermediate().Names(name)).Tlsa(usage: 2);
        DeliveryResult result = await _internet.SendByDaneAsync(options => options.Certificates.TrustAnchors = []);
        if (passes)
        {
            Assert.That(result.Delivered().IsVerified, Is.True);
            Assert.That(result.Attempts().Single().AuthenticatedBy!.Usage, Is.EqualTo(2));
            return;
        }

        Assert.That(result.Deferred().Failure, Is.EqualTo(FailureCode.TlsaMismatch));
        Assert.That(result.Deferred().Explanation, Does.Contain("leads to a trust anchor of the TLSA records of mx1.example.test, but names none of mx1.example.test, example.test"));
    }

    /// <summary>DANE-11. RFC 7672 §3.1.2: dates count, and an anchor that is not sent does not.</summary>
    [TestCase("expired")]
    [TestCase("not sent")]
    public async Task A_trust_anchor_must_be_sent_and_what_is_below_it_valid(string flaw)
    {
        FakeMxHost host = _internet.Signed().MxHost(Mx1).Certificate(c => c.WithIntermediate()).Tlsa(usage: 2);
        host.Certificate(c => flaw == "expired" ? c.WithIntermediate().Expired() : c.WithoutIntermediate());
        Assert.That((await _internet.SendByDaneAsync()).Deferred().Failure, Is.EqualTo(FailureCode.TlsaMismatch));
        host.Certificate(c => c.WithIntermediate());
        Assert.That((await _internet.SendByDaneAsync()).Delivered().IsVerified, Is.True);
    }

    /// <summary>DANE-01. RFC 7672 §2.1: over UDP an answer may be anybody's, so no AD bit counts there.</summary>
    [TestCase(false)]
    [TestCase(true)]
    public async Task The_word_of_a_resolver_counts_over_TCP_only(bool useTcpOnly)
    {
        _internet.Signed();
        var options = new MailDelivererOptions();
        _internet.Configure(options);
        options.Dns.UseTcpOnly = useTcpOnly;
        Dns.DnsAnswer<Dns.MxRecord> answer = await new Dns.DnsClientResolver(options.Dns, _internet.Clock).LookUpMxAsync(DomainName.Parse("example.test"), CancellationToken.None);
        Assert.That(answer, Is.InstanceOf<Dns.DnsAnswer<Dns.MxRecord>.Found>().With.Property("IsAuthenticated").EqualTo(useTcpOnly));
    }

    /// <summary>DANE-01. An answer from another address than the resolver's changes nothing.</summary>
    [Test]
    public async Task A_datagram_from_elsewhere_is_not_believed()
    {
        _internet.Signed().MxHost(Mx1).Tlsa();
        _internet.Dns.WrongSource(Mx1);
        Assert.That((await _internet.SendByDaneAsync()).Delivered().IsVerified, Is.True);
        Assert.That(_internet.Dns.Queries, Is.All.Property("Transport").EqualTo(DnsTransport.Tcp));
    }

    /// <summary>DANE-06. RFC 7672 §2.1.2: an answer that is not about the question is a look-up that failed.</summary>
    [Test]
    public async Task TLSA_records_of_another_name_are_no_proof_that_there_are_none()
    {
        _internet.Signed().MxHost(Mx1).Tlsa().NoStartTls();
        _internet.Dns.ForeignOwner($"_25._tcp.{Mx1}", DnsRecordType.Tlsa);
        Assert.That((await _internet.SendByDaneAsync()).Deferred().Failure, Is.EqualTo(FailureCode.TlsaUnavailable));
    }

    /// <summary>DANE-11, DANE-18. A key on a curve that nobody knows has signed nothing, and the next host is tried.</summary>
    [Test]
    public async Task A_bare_key_that_the_platform_does_not_know_leads_nowhere()
    {
        byte[] key = Convert.FromHexString("3059301306072A8648CE3D020106082A8E48CE3D03010703420004" + string.Concat(Enumerable.Repeat("AA", 64)));
        _internet.Signed();
        _internet.Dns.AddTlsa(Mx1, 2, 1, 0, key);
        Assert.That((await _internet.SendByDaneAsync()).Deferred().Failure, Is.EqualTo(FailureCode.TlsaMismatch));
    }

    /// <summary>DANE-11, TLS-22. A host that has renewed its certificate is judged by the new one: TLS sessions are not resumed.</summary>
    [Test]
    public async Task A_second_connection_is_authenticated_like_the_first()
    {
        _internet.Signed().MxHost(Mx1).Certificate(c => c.WithIntermediate()).Tlsa(usage: 2);
        await using MailDeliverer deliverer = _internet.ByDane(options => options.Pool.KeepsSessions = false);
        for (int i = 0; i < 3; i++)
        {
            Assert.That((await deliverer.SendAsync()).Line.Attempts.Single().AuthenticatedBy?.Usage, Is.EqualTo(2));
        }

        Assert.That(_internet.MxHost(Mx1).Sessions, Has.Count.EqualTo(3));
    }

    /// <summary>DANE-13. RFC 7672 §3.2.2.</summary>
    [TestCase("example.test", true, true)]
    [TestCase("example.test", false, false)]
    [TestCase("target.test", true, true)]
    [TestCase("target.test", false, false)]
    [TestCase("mx.provider.test", true, true)]
    [TestCase("mx.provider.test", false, true)]
    public async Task The_recipients_domain_is_a_reference_name_where_its_mx_records_are_vouched_for(string name, bool isSigned, bool passes)
    {
        _internet.Dns.SignedZone("provider.test").Cname("example.test", "target.test").Mx("target.test", (10, "mx.provider.test"));
        if (isSigned)
        {
            _internet.Dns.SignedZone("example.test").SignedZone("target.test");
        }

        _internet.MxHost("mx.provider.test").Certificate(c => c.WithIntermediate().Names(name)).Tlsa(usage: 2);
        Assert.That((await _internet.SendByDaneAsync()).Outcomes.Single() is RecipientOutcome.Delivered, Is.EqualTo(passes));
    }

    /// <summary>DANE-14. RFC 7672 §3.2.3; RFC 8461 §4.2 does not know common names.</summary>
    [Test]
    public async Task A_common_name_will_do_for_dane_and_not_for_a_policy()
    {
        _internet.Signed().MxHost(Mx1).Certificate(c => c.WithIntermediate().CommonNameOnly()).Tlsa(usage: 2);
        Assert.That((await _internet.SendByDaneAsync()).Delivered().IsVerified, Is.True);
        _internet.Enforce();
        Assert.That((await _internet.SendByDaneAsync()).Deferred().Failure, Is.EqualTo(FailureCode.CertificateHostMismatch));
    }

    /// <summary>DANE-15, DANE-16. RFC 7672 §2.2.2, §8.1.</summary>
    [Test]
    public async Task Records_below_the_name_that_a_host_is_an_alias_of_count_and_that_name_is_sent_in_sni()
    {
        _internet.Dns.SignedZone("test").Cname(Mx1, "real.provider.test");
        _internet.Hosts(Mx1);
        FakeMxHost host = _internet.MxHost("real.provider.test").Certificate(c => c.WithIntermediate()).Tlsa(usage: 2);
        _internet.Dns.AddTlsa(Mx1, 3, 1, 1, new byte[32]);
        DeliveryResult result = await _internet.SendByDaneAsync();
        Assert.That(result.Delivered().IsVerified, Is.True);
        Assert.That(result.Attempts().Single().Requirement.Dane!.BaseDomain.Value, Is.EqualTo("real.provider.test"));
        Assert.That(host.Sessions.Single().Sni, Is.EqualTo("real.provider.test"));
        Assert.That(_internet.TlsaAskedFor(), Is.EqualTo(["_25._tcp.real.provider.test"]));
    }

    /// <summary>DANE-16. RFC 7672 §2.2.3: then the host's own name, and never one in between.</summary>
    [TestCase("first", true)]
    [TestCase("between", false)]
    public async Task Records_below_the_first_name_count_next_and_those_in_between_never(string where, bool counts)
    {
        _internet.Dns.SignedZone("test").Cname(Mx1, "between.test").Cname("between.test", "last.test");
        _internet.Hosts(Mx1);
        FakeMxHost host = _internet.MxHost("last.test");
        _internet.Dns.AddTlsa(where == "first" ? Mx1 : "between.test", 3, 1, 1, new byte[32]);
        DeliveryResult result = await _internet.SendByDaneAsync();
        Assert.That(result.Outcomes.Single(), counts ? Is.InstanceOf<RecipientOutcome.Deferred>() : Is.InstanceOf<RecipientOutcome.Delivered>());
        Assert.That(_internet.TlsaAskedFor(), Is.EqualTo(["_25._tcp.last.test", "_25._tcp.mx1.example.test"]));
        Assert.That(host.Sessions.Single().Sni, Is.EqualTo(Mx1));
    }

    /// <summary>DANE-16. RFC 7672 §2.2.2: an alias in a signed zone that leads out of it still has a name that is vouched for.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task An_alias_that_leads_to_an_unsigned_zone_counts_by_its_own_name_if_that_is_signed(bool isAliasSigned)
    {
        _internet.Dns.SignedZone("test").UnsignedZone("provider.test").Cname(Mx1, "real.provider.test");
        if (!isAliasSigned)
        {
            _internet.Dns.UnsignedZone(Mx1);
        }

        _internet.Hosts(Mx1);
        _ = _internet.MxHost("real.provider.test");
        _internet.Dns.AddTlsa(Mx1, 3, 1, 1, new byte[32]).AddTlsa("real.provider.test", 3, 1, 1, new byte[32]);
        DeliveryResult result = await _internet.SendByDaneAsync();
        Assert.That(result.Outcomes.Single(), isAliasSigned ? Is.InstanceOf<RecipientOutcome.Deferred>() : Is.InstanceOf<RecipientOutcome.Delivered>());
        Assert.That(_internet.TlsaAskedFor(), Is.EqualTo(isAliasSigned ? [Owner] : Array.Empty<string>()));
    }

    /// <summary>DANE-06, DANE-16. RFC 7672 §2.1.2: an alias that cannot be looked up is no reason to weaken.</summary>
    [Test]
    public async Task A_cname_look_up_that_fails_makes_the_host_unreachable()
    {
        _internet.Dns.SignedZone("test").UnsignedZone("provider.test").Cname(Mx1, "real.provider.test");
        _internet.Hosts(Mx1);
        _ = _internet.MxHost("real.provider.test");
        _internet.Dns.Bogus(Mx1, DnsRecordType.Cname);
        RecipientOutcome.Deferred deferred = (await _internet.SendByDaneAsync()).Deferred();
        Assert.That(deferred.Failure, Is.EqualTo(FailureCode.TlsaUnavailable));
        Assert.That(deferred.Explanation, Does.Contain("the CNAME look-up for mx1.example.test failed: SERVFAIL"));
    }

    /// <summary>DANE-17. RFC 7672 §2.2.3.</summary>
    [Test]
    public async Task An_alias_where_the_records_stand_does_not_change_the_base_domain([Values] bool isTargetSigned)
    {
        FakeMxHost host = _internet.Signed().MxHost(Mx1).Certificate(c => c.WithIntermediate()).Tlsa(usage: 2);
        var options = new Dns.DnsOptions();
        options.Servers.Add(_internet.Dns.EndPoint);
        Dns.DnsAnswer<Dns.TlsaRecord> answer = await new Dns.DnsClientResolver(options, _internet.Clock).LookUpTlsaAsync(DomainName.Parse(Owner), CancellationToken.None);
        Dns.TlsaRecord record = ((Dns.DnsAnswer<Dns.TlsaRecord>.Found)answer).Records.Single();
        _internet.Dns.Cname(Owner, "shared.provider.test").Add(DnsRecord.Tlsa("shared.provider.test", record.Usage, record.Selector, record.MatchingType, record.Association));
        if (!isTargetSigned)
        {
            _internet.Dns.UnsignedZone("provider.test");
        }

        DeliveryResult result = await _internet.SendByDaneAsync();
        Assert.That(result.Delivered().IsVerified, Is.True);
        Assert.That(result.Attempts().Single().Requirement.Dane?.BaseDomain.Value, Is.EqualTo(isTargetSigned ? Mx1 : null));
        Assert.That(host.Sessions.Single().Sni, Is.EqualTo(Mx1));
    }

    /// <summary>DANE-23. RFC 7672 §2.2.</summary>
    [Test]
    public async Task Address_literals_and_addresses_in_mx_records_have_no_tlsa_records()
    {
        _internet.Signed();
        IPAddress address = _internet.MxHost(Mx1).Addresses[0];
        DeliveryResult result = await _internet.SendByDaneAsync(recipient: $"b@[{address}]");
        Assert.That(result.Outcomes.Single(), Is.InstanceOf<RecipientOutcome.Delivered>());
        _internet.Dns.Mx("example.test", (10, address.ToString()));
        result = await _internet.SendByDaneAsync();
        Assert.That(result.Failed().Failure, Is.EqualTo(FailureCode.NoUsableMx));
        Assert.That(_internet.TlsaAskedFor(), Is.Empty);
    }

    /// <summary>DANE-01. RFC 6698 §4.1: an AD bit counts by the word of a resolver that is believed.</summary>
    [Test]
    public async Task Without_a_resolver_that_is_believed_there_is_no_dane()
    {
        _internet.Signed().MxHost(Mx1).WrongTlsa();
        Assert.That(() => _internet.ByDane(options => options.Dns.TrustedResolvers.Add(IPAddress.Parse("192.0.2.53"))),
            Throws.ArgumentException.With.Message.Contains("Dane.Mode is Opportunistic, but the word of 127.0.0.1 on DNSSEC does not count"));
        var options = new Dns.DnsOptions { UseTcpOnly = true };
        options.Servers.Add(_internet.Dns.EndPoint);
        options.TrustedResolvers.Add(IPAddress.Parse("192.0.2.53"));
        Assert.That(await IsAuthenticatedAsync(options), Is.False);
        options.TrustedResolvers.Clear();
        Assert.That(await IsAuthenticatedAsync(options), Is.True);

        async Task<bool> IsAuthenticatedAsync(Dns.DnsOptions asked) =>
            ((Dns.DnsAnswer<Dns.TlsaRecord>.Found)await new Dns.DnsClientResolver(asked, _internet.Clock).LookUpTlsaAsync(DomainName.Parse(Owner), CancellationToken.None)).IsAuthenticated;
    }

    /// <summary>DANE-06. A resolver of the caller's own that knows no TLSA records leaves nobody unprotected.</summary>
    [Test]
    public async Task A_resolver_that_does_not_look_tlsa_records_up_holds_the_mail_back()
    {
        _internet.Signed();
        var options = new MailDelivererOptions { Dane = { Mode = DaneMode.Opportunistic }, Dns = { UseTcpOnly = true } };
        _internet.Configure(options);
        var dns = new Dns.DnsClientResolver(options.Dns, _internet.Clock);
        await using var deliverer = new MailDeliverer(options, _internet.Clock, new OldResolver(dns));
        Sent sent = await deliverer.SendAsync();
        Assert.That(sent.Deferred, Is.EqualTo(FailureCode.TlsaUnavailable));
        Assert.That(sent.Outcome.Explanation, Does.Contain("this resolver does not look up TLSA records"));
    }

    /// <summary>DANE-13, DANE-23. A smart host is held to its records, and its name needs no MX records to vouch for it.</summary>
    [Test]
    public async Task A_smart_host_is_held_to_its_records()
    {
        _internet.Dns.SignedZone("relay.test");
        _internet.MxHost("smtp.relay.test").WrongTlsa();
        var relay = new SmartHost(DomainName.Parse("smtp.relay.test"));
        DeliveryResult result = await _internet.SendByDaneAsync(options => options.Routing.SmartHost = _ => relay);
        Assert.That(result.Deferred().Failure, Is.EqualTo(FailureCode.TlsaMismatch));
        Assert.That(result.Attempts().Single().Requirement.Dane!.IsMxAuthenticated, Is.True);
    }

    /// <summary>DANE-13. The names that a certificate may carry are those of the smart host that the mail goes to, also where several take turns.</summary>
    [Test]
    public async Task A_smart_host_is_chosen_once_for_each_message()
    {
        _internet.Dns.SignedZone("relay.test");
        _internet.MxHost("smtp1.relay.test").Tlsa();
        int chosen = 0;
        DeliveryResult result = await _internet.SendByDaneAsync(options => options.Routing.SmartHost = _ => new SmartHost(DomainName.Parse($"smtp{++chosen}.relay.test")));
        Assert.That(((DaneRequirement.Authenticated)result.Attempts().Single().Requirement.Dane!).ReferenceNames, Is.EqualTo([DomainName.Parse("smtp1.relay.test")]));
        Assert.That(chosen, Is.EqualTo(1));
    }

    /// <summary>DANE-22. The plan shows what would be demanded, and why nothing is.</summary>
    [Test]
    public async Task A_plan_shows_records_and_verdict()
    {
        _internet.Signed(Mx1, Mx2).MxHost(Mx1).WrongTlsa();
        await using MailDeliverer deliverer = _internet.ByDane();
        DeliveryPlan plan = await deliverer.PlanAsync("b@example.test", probe: true);
        Assert.Multiple(() =>
        {
            Assert.That(plan.Hosts[0].Requirement.Dane, Is.InstanceOf<DaneRequirement.Authenticated>());
            Assert.That(plan.Hosts[0].Probes.Single().Verdict, Is.InstanceOf<TlsVerdict.Refuse>());
            Assert.That(plan.Hosts[0].WithoutDane, Is.Null);
            Assert.That(plan.Hosts[1].Requirement.Dane, Is.Null);
            Assert.That(plan.Hosts[1].WithoutDane, Is.EqualTo("there are no TLSA records at _25._tcp.mx2.example.test"));
            JsonElement dane = JsonDocument.Parse(plan.ToJson()).RootElement.GetProperty("hosts")[0].GetProperty("requirement").GetProperty("dane");
            Assert.That(dane.GetProperty("kind").GetString(), Is.EqualTo("authenticated"));
            Assert.That(dane.GetProperty("records")[0].GetString(), Does.StartWith("3 1 1 "));
        });
    }

    /// <summary>A resolver from before DANE.</summary>
    private sealed class OldResolver(Dns.IDnsResolver inner) : Dns.IDnsResolver
    {
        public Task<Dns.DnsAnswer<Dns.MxRecord>> LookUpMxAsync(DomainName name, CancellationToken cancellationToken) => inner.LookUpMxAsync(name, cancellationToken);

        public Task<Dns.DnsAnswer<Dns.TxtRecord>> LookUpTxtAsync(DomainName name, CancellationToken cancellationToken) => inner.LookUpTxtAsync(name, cancellationToken);

        public Task<Dns.DnsAnswer<IPAddress>> LookUpAddressesAsync(DomainName name, System.Net.Sockets.AddressFamily family, CancellationToken cancellationToken) =>
            inner.LookUpAddressesAsync(name, family, cancellationToken);
    }
}
