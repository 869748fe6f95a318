using MtaSts.Delivery.InteropTests;

// Sends the message to the recipients in the arguments, then to those on each line of standard input until it ends, all
// with one deliverer. Prints a line of JSON per recipient.
Arguments arguments = Arguments.Parse(args);
using CancellationTokenSource stop = new(TimeSpan.FromMinutes(2));
await using Sender sender = new(arguments);

for (IReadOnlyList<string>? recipients = arguments.To; recipients is not null; recipients = await NextAsync())
{
    if (recipients.Count > 0)
    {
        foreach (OutcomeLine line in await sender.SendAsync(recipients, stop.Token))
        {
            Console.WriteLine(line.ToJson());
        }
    }
}

async Task<IReadOnlyList<string>?> NextAsync() =>
    (await Console.In.ReadLineAsync(stop.Token))?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
