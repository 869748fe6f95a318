using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace MtaSts.Delivery.InteropTests.Servers;

/// <summary><c>greylist --listen ADDRESS:PORT</c>: a policy service for Postfix that defers each recipient, sender and size of message the first time.</summary>
internal static class Greylist
{
    private static readonly ConcurrentDictionary<string, bool> Seen = new(StringComparer.Ordinal);

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPEndPoint.Parse(arguments.One("--listen")));
        listener.Start();
        while (true)
        {
            TcpClient client = await listener.AcceptTcpClientAsync(cancellationToken);
            _ = ServeAsync(client, cancellationToken);
        }
    }

    private static async Task ServeAsync(TcpClient client, CancellationToken cancellationToken)
    {
        using (client)
        {
            using var reader = new StreamReader(client.GetStream());
            await using var writer = new StreamWriter(client.GetStream()) { AutoFlush = true, NewLine = "\n" };
            Dictionary<string, string> attributes = new(StringComparer.Ordinal);
            while (await reader.ReadLineAsync(cancellationToken) is { } line)
            {
                if (line.Split('=', 2) is [var name, var value])
                {
                    attributes[name] = value;
                }
                else
                {
                    bool first = Seen.TryAdd($"{attributes["sender"]} {attributes["recipient"]} {attributes["size"]}", true);
                    await writer.WriteAsync(first ? "action=DEFER_IF_PERMIT greylisted, come again\n\n" : "action=DUNNO\n\n");
                    attributes.Clear();
                }
            }
        }
    }
}
