using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.SmtpDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Addresses and names beyond ASCII. RFC 6531, RFC 5890.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class InternationalTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Mx1 = "mx1.example.test";
    private const string Mx2 = "mx2.example.test";
    private const string International = "jürgen@example.test";

    private static readonly string[][] WithoutSmtpUtf8 = [[], ["8BITMIME", "PIPELINING"], ["SMTPUTF8"]];

    /// <summary>EAI-01. RFC 6531 §3.2, §3.5: SMTPUTF8 counts only together with 8BITMIME.</summary>
    [TestCaseSource(nameof(WithoutSmtpUtf8))]
    public async Task A_local_part_beyond_ASCII_is_not_sent_to_a_server_without_SMTPUTF8(params string[] capabilities)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Capabilities(capabilities);
        RecipientOutcome.Failed failed = (await internet.SendAsync([International])).Failed(International);
        Assert.That((failed.Failure, failed.Status.ToString()), Is.EqualTo((FailureCode.SmtpUtf8Missing, "5.6.7")));
        host.WasToldNothing();
    }

    /// <summary>EAI-01. RFC 6531 §3.5, RFC 6532.</summary>
    [TestCase("Subject: grüße\r\n\r\nx\r\n", "a@sender.example")]
    [TestCase("Subject: x\r\n\r\nx\r\n", "jürgen@sender.example")]
    public async Task A_header_or_sender_beyond_ASCII_is_not_sent_to_a_server_without_SMTPUTF8(string message, string sender)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Capabilities("8BITMIME", "PIPELINING");
        Assert.That((await internet.SendAsync(message: message, sender: sender)).Failed().Failure, Is.EqualTo(FailureCode.SmtpUtf8Missing));
        host.WasToldNothing();
    }

    /// <summary>EAI-01. One recipient beyond ASCII does not sink the others.</summary>
    [Test]
    public async Task The_other_recipients_get_the_message_all_the_same()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).Capabilities("8BITMIME", "PIPELINING");
        DeliveryResult result = await internet.SendAsync([International, One]);
        result.Delivered();
        result.Failed(International);
        Assert.That(host.Messages.Single().Recipients, Is.EqualTo([One]));
    }

    /// <summary>EAI-02. RFC 6531 §3.4.</summary>
    [TestCase(One, "a@sender.example", "Subject: x\r\n\r\nx\r\n", false)]
    [TestCase(One, "a@sender.example", "Subject: x\r\n\r\nwörld\r\n", false)]
    [TestCase(One, "a@bücher.example", "Subject: x\r\n\r\nx\r\n", false)]
    [TestCase(International, "a@sender.example", "Subject: x\r\n\r\nx\r\n", true)]
    [TestCase(One, "jürgen@sender.example", "Subject: x\r\n\r\nx\r\n", true)]
    [TestCase(One, "a@sender.example", "Subject: grüße\r\n\r\nx\r\n", true)]
    public async Task SMTPUTF8_is_asked_for_when_it_is_needed_and_not_otherwise(string recipient, string sender, string message, bool needed)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        (await internet.SendAsync([recipient], message, sender)).Delivered(recipient);
        ReceivedMessage received = internet.Messages.Single();
        Assert.That(received.MailParameters.Contains("SMTPUTF8"), Is.EqualTo(needed));
        Assert.That(received.Text(), Is.EqualTo(message));
        Assert.That(received.Recipients, Is.EqualTo([recipient]));
        Assert.That(received.ReversePath, Is.EqualTo(sender.Replace("bücher", "xn--bcher-kva", StringComparison.Ordinal)));
    }

    /// <summary>EAI-02, EAI-03. RFC 6531 §3.2.</summary>
    [TestCase("b@bücher.test")]
    [TestCase("b@BÜCHER.test")]
    [TestCase("b@xn--bcher-kva.test")]
    public async Task A_domain_beyond_ASCII_is_looked_up_and_addressed_in_A_labels(string recipient)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("xn--bcher-kva.test").Mx(10, "mx1.xn--bcher-kva.test").Policy(PolicyMode.Enforce, "*.xn--bcher-kva.test");
        internet.MxHost("mx1.xn--bcher-kva.test").Capabilities();
        Assert.That((await internet.SendAsync([recipient])).Delivered(recipient).IsVerified, Is.True);
        Assert.That(internet.Messages.Single().Recipients, Is.EqualTo(["b@xn--bcher-kva.test"]));
        Assert.That(internet.Messages.Single().Sni, Is.EqualTo("mx1.xn--bcher-kva.test"));
        Assert.That(internet.Dns.Queries.Select(query => query.ToString()), Has.All.Contain("xn--bcher-kva.test"));
    }

    /// <summary>EAI-04, SMTP-01. RFC 6531 §3.7.1.</summary>
    [Test]
    public async Task EHLO_is_said_in_A_labels()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        (await internet.SendAsync(configure: o => o.EhloName = "mäil.sender.example")).Delivered();
        Assert.That(internet.MxHost(Mx1).Sessions.Single().Lines.Where(line => line.Text.StartsWith("EHLO", StringComparison.Ordinal)).Select(line => line.Text),
            Has.All.EqualTo("EHLO xn--mil-qla.sender.example").And.Exactly(2).Items);
    }

    /// <summary>EAI-05. RFC 6531 §3.2.</summary>
    [Test]
    public async Task A_host_with_SMTPUTF8_gets_what_the_first_cannot_take()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        FakeMxHost first = internet.MxHost(Mx1).Capabilities("8BITMIME");
        DeliveryResult result = await internet.SendAsync([International, One]);
        Assert.That(result.Delivered(International).MxHost, Is.EqualTo(Mx2));
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx1));
        Assert.That(first.Messages.Single().Recipients, Is.EqualTo([One]));
    }

    /// <summary>EAI-07. RFC 5891 §4.2: nothing is mapped that could mean two domains.</summary>
    [TestCase("b@straße.test", "xn--strae-oqa.test")]
    [TestCase("b@βόλος.test", "xn--nxasmm1c.test")]
    public async Task Sharp_s_and_final_sigma_stay_themselves(string recipient, string domain)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain(domain).Mx(10, Mx1);
        (await internet.SendAsync([recipient])).Delivered(recipient);
        Assert.That(internet.Messages.Single().Recipients, Is.EqualTo(["b@" + domain]));
    }

    /// <summary>EAI-07. RFC 5892: disallowed and unassigned characters make no domain.</summary>
    [TestCase("b@\uFF45xample.test")]
    [TestCase("b@ex\u200Bample.test")]
    [TestCase("b@\u2603.test")]
    [TestCase("b@e\u0301x.test")]
    [TestCase("b@\u0378.test")]
    [TestCase("b@example\uFF0Etest")]
    public void A_domain_with_a_disallowed_character_is_no_address(string recipient) =>
        Assert.That(() => new Envelope(Sender, recipient), Throws.InstanceOf<FormatException>());
}
