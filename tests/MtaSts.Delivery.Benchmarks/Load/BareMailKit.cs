using System.Net.Sockets;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using MtaSts.Delivery.Benchmarks.Sinks;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>MailKit alone: one session per worker, opened before the clock starts and held open by hand, or a connection for every message.</summary>
/// <remarks>Each worker has its message parsed beforehand and only sets the Message-ID, so that no parsing counts against MailKit.</remarks>
internal sealed class BareMailKit(LoadWorld world, SinkProcess sink, MessageTemplate template, int workers, bool newConnections) : ICompetitor
{
    private readonly MailboxAddress _sender = new("", "noreply@client.load.example");
    private readonly MailboxAddress[] _recipients = [.. world.Recipients.Select(recipient => new MailboxAddress("", recipient.ToString()))];
    private readonly MimeMessage[] _messages = new MimeMessage[workers];
    private readonly SmtpClient?[] _clients = new SmtpClient?[workers];

    public async Task StartAsync()
    {
        for (int worker = 0; worker < workers; worker++)
        {
            _messages[worker] = await MimeMessage.LoadAsync(new MemoryStream(template.Copy()));
            if (!newConnections)
            {
                _clients[worker] = await ConnectAsync(0);
            }
        }
    }

    public async Task SendAsync(int worker, long id, int domain)
    {
        MimeMessage message = _messages[worker];
        message.MessageId = MessageIds.Text(id);
        if (_clients[worker] is { } open)
        {
            await open.SendAsync(message, _sender, [_recipients[domain]]);
            return;
        }

        using SmtpClient client = await ConnectAsync(domain);
        await client.SendAsync(message, _sender, [_recipients[domain]]);
        await client.DisconnectAsync(quit: true);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (SmtpClient client in _clients.OfType<SmtpClient>())
        {
            await client.DisconnectAsync(quit: true);
            client.Dispose();
        }

        foreach (MimeMessage message in _messages)
        {
            message?.Dispose();
        }
    }

    private async Task<SmtpClient> ConnectAsync(int domain)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(sink.Smtp);
        var client = new TrustingClient(sink.Root);
        await client.ConnectAsync(socket, LoadWorld.MxName(domain % world.Mx), 25, SecureSocketOptions.StartTls);
        return client;
    }
}
