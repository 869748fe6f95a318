using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Queue;

namespace CustomRelay;

/// <summary>Listens, and lets in whom it relays for.</summary>
internal sealed class RelayServer(RelayOptions options, IMailQueue queue, TimeProvider clock, ILogger<RelayServer> logger) : BackgroundService
{
    private readonly TcpListener _listener = new(options.EndPoint);
    private int _sessions;

    /// <summary>Where it listens, once it has started.</summary>
    public IPEndPoint EndPoint => (IPEndPoint)_listener.LocalEndpoint;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        // Here rather than in the background: a port that is taken ends the program at its start.
        _listener.Start();
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var running = new List<Task>();
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptSocketAsync(stoppingToken);
                running.RemoveAll(task => task.IsCompleted);
                running.Add(ServeAsync(socket, stoppingToken));
            }
        }
        catch (OperationCanceledException)
        {
            _listener.Stop();
            await Task.WhenAll(running);
        }
    }

    public override void Dispose()
    {
        _listener.Dispose();
        base.Dispose();
    }

    private async Task ServeAsync(Socket socket, CancellationToken stoppingToken)
    {
        using (socket)
        {
            int sessions = Interlocked.Increment(ref _sessions);
            try
            {
                socket.NoDelay = true;
                IPAddress client = ((IPEndPoint)socket.RemoteEndPoint!).Address;
                client = client.IsIPv4MappedToIPv6 ? client.MapToIPv4() : client;
                string? refusal = !options.RelayFor.Any(network => network.Contains(client)) ? $"554 5.7.1 {options.HostName} relays no mail for {client}"
                    : sessions > options.MaxSessions ? $"421 4.3.2 {options.HostName} Too many sessions"
                    : null;
                if (refusal is not null)
                {
                    logger.LogWarning("A client was refused: {Reply}", refusal);
                    await socket.SendAsync(Encoding.ASCII.GetBytes(refusal + "\r\n"), stoppingToken);
                    return;
                }

                using var session = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
                session.CancelAfter(options.MaxSession);
                await using var relay = new RelaySession(socket, client, options, queue, clock, logger);
                await relay.RunAsync(session.Token);
            }
            catch (Exception gone) when (gone is IOException or SocketException or AuthenticationException or OperationCanceledException)
            {
                // The client has gone, or its TLS does not work: it comes again or not.
                logger.LogInformation("A session broke off: {Reason}", gone.Message);
            }
            catch (Exception fault)
            {
                // A fault of the relay itself ends one session, never the server; nothing was answered with 250 that is not on the disk.
                logger.LogError(fault, "A session ended by a fault of the relay");
            }
            finally
            {
                Interlocked.Decrement(ref _sessions);
            }
        }
    }
}
