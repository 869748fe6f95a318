using System.Text;
using MtaSts.Delivery.Benchmarks.Sinks;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>A message of a given size, of which every copy has an id of its own.</summary>
internal sealed class MessageTemplate
{
    private readonly byte[] _octets;
    private readonly int _position;

    /// <param name="size">How long it is, in octets; 600 or more.</param>
    public MessageTemplate(int size)
    {
        const string line = "The quick brown fox jumps over the lazy dog, and the mail goes out at once.\r\n";
        string head = Head(new string('0', 16));
        var body = new StringBuilder();
        // A line that begins with a dot, which is doubled on the wire.
        body.Append(".dot\r\n");
        int left = size - head.Length - body.Length;
        ArgumentOutOfRangeException.ThrowIfLessThan(left, line.Length + 2, nameof(size));
        while (left > line.Length + 2)
        {
            body.Append(line);
            left -= line.Length;
        }

        body.Append('x', left - 2).Append("\r\n");
        _octets = Encoding.ASCII.GetBytes(Head(MessageDigests.Of(Encoding.ASCII.GetBytes(body.ToString()))) + body);
        _position = MessageIds.PositionIn(_octets);
    }

    /// <summary>A message for one worker, which patches an id into it for each sending.</summary>
    public byte[] Copy() => [.. _octets];

    /// <summary>Gives a copy another id.</summary>
    public void Patch(byte[] copy, long id) => MessageIds.Patch(copy, _position, id);

    private static string Head(string digest) => string.Join("\r\n", [
        $"Message-ID: <{MessageIds.Text(0)}>",
        "Date: Thu, 01 Jan 2026 12:00:00 +0000",
        "From: Shop <noreply@client.load.example>",
        "To: Jane <jane@example.net>",
        "Subject: Your order is on its way",
        $"X-Load-Digest: {digest}",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=us-ascii",
        "Content-Transfer-Encoding: 7bit",
        "",
        "",
    ]);
}
