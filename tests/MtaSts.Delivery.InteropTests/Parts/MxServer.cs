namespace MtaSts.Delivery.InteropTests.Parts;

/// <summary>One server of the part <c>mx</c>, by its line in <c>mx/servers</c>: <c>NAME ADDRESS TLS [TRAIT…]</c>.</summary>
/// <param name="Name">The name that its domain begins with.</param>
/// <param name="Tls">How mail to it travels: <c>verified</c>, <c>unverified</c> or <c>none</c>.</param>
/// <param name="Traits">What it lacks or does, such as <c>no-smtputf8</c>.</param>
internal sealed record MxServer(string Name, string Tls, IReadOnlySet<string> Traits)
{
    public string Domain => Name + ".test";

    public bool SmtpUtf8 => !Traits.Contains("no-smtputf8");

    public bool EightBitMime => !Traits.Contains("no-8bitmime");

    /// <summary>The largest message, in octets.</summary>
    public long MaxSize => Traits.Contains("small") ? 100_000 : long.MaxValue;

    /// <summary>What becomes of a message that the server cannot take: with TLS that broke off it is not certain that it never can.</summary>
    public string Refusal => Traits.Contains("broken-tls") ? "Deferred" : "Failed";

    /// <summary>What the server writes for the null reverse-path.</summary>
    public string NullSender => Traits.FirstOrDefault(trait => trait.StartsWith("null-sender=", StringComparison.Ordinal))?["null-sender=".Length..] ?? "<>";

    public static IReadOnlyList<MxServer> Load(string file) =>
        [.. File.ReadLines(file).Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(words => new MxServer(words[0], words[2], words[3..].ToHashSet(StringComparer.Ordinal)))];
}
