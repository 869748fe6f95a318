using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

/// <summary>The example of the kit's README, with a sender that gives up after EHLO.</summary>
internal sealed class ReadmeTests
{
    [Test]
    public async Task The_example_shows_that_no_mail_was_sent()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "*.example.test");
        FakeMxHost mx = internet.MxHost("mx1.example.test").Certificate(c => c.Names("other.test"));

        // The sender under test asks for the way before it connects, and trusts the fake authority.
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(internet.Map(new IPEndPoint(mx.Addresses[0], 25)));
        await SendAsync(socket, internet.Dns.EndPoint, internet.Authority.Root, internet.Clock);

        await TestContext.Out.WriteLineAsync(mx.Sessions[0].ToString());
        Assert.That(!mx.Sessions[0].Commands.Contains("MAIL"));
        Assert.That(internet.Messages.Count == 0);
    }

    private static async Task SendAsync(Socket socket, IPEndPoint dns, X509Certificate2 trusted, TimeProvider clock)
    {
        Assert.That((dns.Port > 0, trusted.HasPrivateKey, clock.GetUtcNow().Year), Is.EqualTo((true, false, 2026)));
        await socket.SendAsync(Encoding.ASCII.GetBytes("EHLO client.test\r\nQUIT\r\n"));
        while (await socket.ReceiveAsync(new byte[512]) > 0)
        {
            // Until the server has closed.
        }
    }
}
