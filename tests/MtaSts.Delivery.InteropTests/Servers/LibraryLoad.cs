using System.Globalization;
using System.Text;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.InteropTests.Servers;

/// <summary>
/// <c>load --kind KIND --recipients FILE --size OCTETS --concurrency COUNT</c>: the library under load, in a process of its own. Delivers a few messages
/// to <c>warmup.test</c>, says <c>ready</c>, waits for a line, delivers a message to each recipient, and says how many were delivered.
/// </summary>
internal static class LibraryLoad
{
    private const int WarmUp = 200;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        await using Sender sender = new(arguments);
        // Each kind hands a message to whatever takes responsibility for it: a durable queue goes here, as a kind of its own.
        Func<MessageContent, Envelope, Task<bool>> submit = arguments.One("--kind") switch
        {
            "direct" => async (content, envelope) => (await sender.Deliverer.DeliverAsync(content, envelope, cancellationToken)).AllDelivered,
            var other => throw new ArgumentException($"'{other}' is no kind of load."),
        };
        byte[] message = Message(int.Parse(arguments.One("--size"), CultureInfo.InvariantCulture));
        var options = new ParallelOptions { MaxDegreeOfParallelism = int.Parse(arguments.One("--concurrency"), CultureInfo.InvariantCulture), CancellationToken = cancellationToken };
        string[] recipients = await File.ReadAllLinesAsync(arguments.One("--recipients"), cancellationToken);
        await SendAsync(Enumerable.Range(0, WarmUp).Select(i => string.Create(CultureInfo.InvariantCulture, $"r{i}@warmup.test")));
        Console.WriteLine("ready");
        await Console.In.ReadLineAsync(cancellationToken);
        Console.WriteLine(await SendAsync(recipients));
        await Console.In.ReadLineAsync(cancellationToken);
        return 0;

        async Task<int> SendAsync(IEnumerable<string> to)
        {
            int delivered = 0;
            await Parallel.ForEachAsync(to, options, async (recipient, _) =>
            {
                if (await submit(MessageContent.From(message), new Envelope("sender@sender.example", recipient)))
                {
                    Interlocked.Increment(ref delivered);
                }
            });
            return delivered;
        }
    }

    private static byte[] Message(int size)
    {
        var text = new StringBuilder("From: sender@sender.example\r\nSubject: load\r\nMIME-Version: 1.0\r\n\r\n");
        while (text.Length < size)
        {
            text.Append('x', 70).Append("\r\n");
        }

        return Encoding.ASCII.GetBytes(text.ToString());
    }
}
