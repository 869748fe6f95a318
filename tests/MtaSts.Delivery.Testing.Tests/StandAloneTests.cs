using System.Net;
using System.Net.Sockets;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

/// <summary>The internet for senders in other processes. Hosts listen on ports 25 and 443 there, which a test does not.</summary>
internal sealed class StandAloneTests
{
    [Test]
    public async Task The_resolver_listens_where_it_is_told_to_and_the_clock_goes_with_real_time()
    {
        await using FakeInternet internet = await FakeInternet.StartStandAloneAsync(new IPEndPoint(IPAddress.Loopback, 0));

        Assert.That(internet.Dns.EndPoint.Address, Is.EqualTo(IPAddress.Loopback));
        Assert.That(internet.PumpsClock, Is.False);
        Assert.That(() => internet.Clock.GetUtcNow() - DateTimeOffset.UtcNow, Is.InRange(TimeSpan.FromSeconds(-20), TimeSpan.Zero).After(500));
    }

    [Test]
    public async Task A_host_whose_address_the_machine_does_not_have_says_what_to_do()
    {
        await using FakeInternet internet = await FakeInternet.StartStandAloneAsync(new IPEndPoint(IPAddress.Loopback, 0));

        Assert.That(() => internet.MxHost("mx1.example.test"), Throws.InvalidOperationException
            .With.Message.Contains("ip address add 192.0.2.1 dev lo").And.InnerException.InstanceOf<SocketException>());
    }

    [Test]
    public async Task Who_comes_without_asking_the_way_has_connected_too()
    {
        await using FakeInternet internet = await FakeInternet.StartStandAloneAsync(new IPEndPoint(IPAddress.Loopback, 0));
        internet.Dns.Address("mx1.example.test", IPAddress.Loopback);
        try
        {
            internet.MxHost("mx1.example.test");
        }
        catch (InvalidOperationException refused)
        {
            // Without the right to port 25, or with a mail server of its own, a machine can only be told what to do.
            Assert.That(refused.Message, Does.Contain("127.0.0.1"));
            Assert.That(refused.InnerException, Is.InstanceOf<SocketException>());
            return;
        }

        internet.Verify.NoConnectionTo("mx1.example.test");
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, 25);
        Assert.That(() => internet.Verify.NoConnectionTo("mx1.example.test"), Throws.InstanceOf<VerificationException>().With.Message.Contains("127.0.0.1:25").After(5000, 20));
    }
}
