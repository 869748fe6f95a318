using System.Text;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Sessions;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

internal sealed class VerificationTests : InternetFixture
{
    private static readonly byte[] Content = Encoding.ASCII.GetBytes("Subject: Reset\r\n\r\n.4711\r\n");

    [Test]
    public async Task What_happened_is_verified_in_one_breath()
    {
        await SendAsync(internet => internet.Domain("example.test").Mx(10, "mx1.example.test").Mx(20, "mx2.example.test").Policy(PolicyMode.Enforce, "*.example.test"));

        Internet.Verify.NoMailInClear().Messages(1).Message("jane@example.test", Content)
            .Sessions("mx1.example.test", 1).SaidInClear("mx1.example.test", "EHLO", "STARTTLS")
            .NoMailTo("mx2.example.test").NoConnectionTo("mx2.example.test")
            .Queries("_mta-sts.example.test", DnsRecordType.Txt, 1).PolicyRequests("example.test", 1).EveryMxHostIsInDns();
    }

    [Test]
    public async Task What_did_not_happen_is_told_with_what_did()
    {
        await SendAsync(internet =>
        {
            internet.Domain("example.test").Mx(10, "mx1.example.test");
            internet.MxHost("mx1.example.test").NoStartTls();
            internet.MxHost("mx9.example.test").Down();
        });

        Assert.Multiple(() =>
        {
            Fails(verify => verify.NoMailInClear(), "in clear", "C : MAIL FROM:<noreply@sender.example>");
            Fails(verify => verify.NoMailTo("mx1.example.test"), "was offered mail");
            Fails(verify => verify.NoConnectionTo("mx1.example.test"), "192.0.2.1:25");
            Fails(verify => verify.Sessions("mx1.example.test", 2), "There should be 2 sessions with mx1.example.test, and there are 1.", "S : 220 mx1.example.test ESMTP");
            Fails(verify => verify.SaidInClear("mx1.example.test", "EHLO"), "It heard: EHLO sender.example, ");
            Fails(verify => verify.Messages(0), "There should be 0 messages, and there are 1.", "to jane@example.test, 25 octets");
            Fails(verify => verify.Message("jane@example.test", "Subject: Reset\r\n\r\n4711\r\n"u8.ToArray()), "from octet 18 on it differs", "\"4711\\r\\n\" became \".4711\\r\\n\"");
            Fails(verify => verify.Message("john@example.test", Content), "There should be 1 messages for john@example.test, and there are 0.");
            Fails(verify => verify.Queries("example.test", DnsRecordType.Mx, 0), "queries for example.test Mx");
            Fails(verify => verify.PolicyRequests("example.test", 1), "requests for the policy of example.test, and there are 0.");
            Fails(verify => verify.EveryMxHostIsInDns(), "No MX record names mx9.example.test");
        });
    }

    [Test]
    public void A_host_or_domain_that_is_not_there_is_a_slip_of_the_test()
    {
        Internet.Domain("example.test").Mx(10, "mx1.example.test");

        Assert.Multiple(() =>
        {
            Assert.That(() => Internet.Verify.NoMailTo("mx2.example.test"), Throws.ArgumentException.With.Message.Contains("mx2.example.test").And.Message.Contains("It has: mx1.example.test"));
            Assert.That(() => Internet.Verify.PolicyRequests("example.tset", 0), Throws.ArgumentException.With.Message.Contains("It has: example.test"));
        });
    }

    [Test]
    public async Task A_host_is_in_DNS_also_under_another_name()
    {
        Internet.Dns.Address("mx.other.test", Internet.MxHost("mx1.example.test").Addresses[0]);
        Internet.Dns.Mx("example.test", (10, "mx.other.test"));
        Internet.Verify.EveryMxHostIsInDns();
        await Internet.DisposeAsync();
    }

    [Test]
    public async Task Misuse_of_the_kit_says_what_to_do_instead()
    {
        FakeDomain domain = Internet.Domain("example.test").Mx(10, "mx1.example.test");
        Assert.Multiple(() =>
        {
            Assert.That(() => Internet.Domain("Example.test").Mx(10, "MX1.example.test"), Throws.InvalidOperationException.With.Message.Contains("not to make a second"));
            Assert.That(() => domain.Policy(PolicyMode.Enforce), Throws.ArgumentException.With.Message.Contains("PolicyText"));
            Assert.That(() => Internet.MxHost("mx1.example.test").OnRecipient("jane", SmtpFault.Drop), Throws.ArgumentException.With.Message.Contains("jane@example.test"));
        });

        await Internet.DisposeAsync();
        Assert.That(() => Internet.Domain("late.test"), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => Internet.MxHost("mx.late.test"), Throws.InstanceOf<ObjectDisposedException>());
    }

    private async Task SendAsync(Action<FakeInternet> arrange)
    {
        arrange(Internet);
        await using MailDeliverer deliverer = Internet.CreateDeliverer(o => o.Pool.KeepsSessions = false);
        DeliveryResult result = await deliverer.DeliverAsync(MessageContent.From(Content), new Envelope("noreply@sender.example", "jane@example.test"), Limit);
        Assert.That(result.AllDelivered, Is.True, result.Outcomes[0].Explanation);
        await Task.WhenAll(Internet.Sessions.Select(session => session.WaitForEndAsync(Limit)));
    }

    private void Fails(Action<Verification> verify, params string[] told)
    {
        VerificationException failure = Assert.Throws<VerificationException>(() => verify(Internet.Verify))!;
        foreach (string part in told)
        {
            Assert.That(failure.Message, Does.Contain(part));
        }
    }
}
