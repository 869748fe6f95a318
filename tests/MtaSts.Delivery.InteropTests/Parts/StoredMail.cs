using MimeKit;

namespace MtaSts.Delivery.InteropTests.Parts;

/// <summary>A message as a server stored it: trace fields on top, and lines ended by LF.</summary>
/// <param name="Path">The file.</param>
/// <param name="Octets">All of it, lines ended by CRLF.</param>
internal sealed record StoredMail(string Path, byte[] Octets)
{
    private static readonly HashSet<string> TraceFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "Return-Path", "Received", "Delivered-To", "X-Original-To", "Envelope-To", "Delivery-Date", "Authentication-Results",
    };

    /// <summary>All messages of a mailbox.</summary>
    public static IReadOnlyList<StoredMail> LoadAll(string directory) => Directory.Exists(directory)
        ? [.. Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal).Select(path => new StoredMail(path, WithCrLf(File.ReadAllBytes(path))))]
        : [];

    /// <summary>Whether the message is this one, below trace fields only; otherwise what differs.</summary>
    public string? DifferenceFrom(byte[] expected)
    {
        if (!Octets.AsSpan().EndsWith(expected))
        {
            int at = Enumerable.Range(1, Math.Min(Octets.Length, expected.Length)).FirstOrDefault(i => Octets[^i] != expected[^i]);
            return at == 0 ? "it is longer or shorter than it was"
                : $"it differs: expected …{Show(expected.AsSpan(Math.Max(0, expected.Length - at - 40), Math.Min(60, at)))}, found …{Show(Octets.AsSpan(Math.Max(0, Octets.Length - at - 40), Math.Min(60, at)))}";
        }

        string trace = System.Text.Encoding.Latin1.GetString(Octets.AsSpan(0, Octets.Length - expected.Length));
        // An empty line would have ended the header above the message.
        string[] lines = trace.Split("\r\n");
        string[] others = [.. lines[..^1].Where(line => line is not [' ' or '\t', ..] && !TraceFields.Contains(line.Split(':')[0])), .. lines[^1..].Where(rest => rest.Length > 0)];
        return others.Length > 0 ? "more than trace fields on top: " + string.Join(" | ", others) : null;
    }

    /// <summary>The value of a field; the first, if there are several.</summary>
    public string? Field(string name) => Parse().Headers[name];

    public MimeMessage Parse() => MimeMessage.Load(new MemoryStream(Octets));

    private static string Show(ReadOnlySpan<byte> octets) => System.Text.Encoding.Latin1.GetString(octets).ReplaceLineEndings("\\n");

    private static byte[] WithCrLf(byte[] octets)
    {
        using var output = new MemoryStream(octets.Length + (octets.Length / 32));
        byte last = 0;
        foreach (byte octet in octets)
        {
            if (octet == '\n' && last != '\r')
            {
                output.WriteByte((byte)'\r');
            }

            output.WriteByte(octet);
            last = octet;
        }

        return output.ToArray();
    }
}
