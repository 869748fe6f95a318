namespace MtaSts.Delivery.InteropTests;

/// <summary>
/// <c>send</c>: the message to the recipients in the arguments, then to those on each line of standard input until it ends, all with one deliverer.
/// Prints a line of JSON for each recipient.
/// </summary>
internal static class Sending
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        // Each message sees the servers and the network as they are when it goes, whatever an earlier one met.
        await using Sender sender = new(arguments, options => (options.Pool.KeepsSessions, options.Pool.BackOff) = (false, TimeSpan.Zero));
        byte[] message = await File.ReadAllBytesAsync(arguments.One("--eml"), cancellationToken);
        string from = arguments.One("--from");
        for (IReadOnlyList<string>? recipients = arguments.All("--to"); recipients is not null; recipients = await NextAsync())
        {
            if (recipients.Count > 0)
            {
                foreach (OutcomeLine line in await sender.SendAsync(message, from, recipients, cancellationToken))
                {
                    Console.WriteLine(line.ToJson());
                }
            }
        }

        return 0;

        async Task<IReadOnlyList<string>?> NextAsync() =>
            (await Console.In.ReadLineAsync(cancellationToken))?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
    }
}
