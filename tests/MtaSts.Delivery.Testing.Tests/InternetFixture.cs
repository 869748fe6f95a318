using System.Net;
using System.Net.Sockets;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

/// <summary>A fresh internet for each test, and a limit in real time, so that a hang shows as a failure.</summary>
[CancelAfter(180_000)]
internal abstract class InternetFixture
{
    protected FakeInternet Internet { get; private set; } = null!;

    protected static CancellationToken Limit => TestContext.CurrentContext.CancellationToken;

    [SetUp]
    public async Task StartAsync() => Internet = await FakeInternet.StartAsync();

    [TearDown]
    public async Task EndAsync() => await Internet.DisposeAsync();

    protected Task<SmtpTestClient> ConnectAsync(FakeMxHost host) => ConnectAsync(host.Addresses[0]);

    protected Task<SmtpTestClient> ConnectAsync(IPAddress address) => SmtpTestClient.ConnectAsync(Internet, address, Limit);

    protected async Task<SocketError?> TryConnectAsync(IPAddress address, int port = 25)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(Internet.Map(new IPEndPoint(address, port)), Limit);
            return null;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode;
        }
    }
}
