using System.Net;

namespace MtaSts.Delivery.InteropTests;

/// <summary>
/// <c>--dns ADDRESS --trust ca.pem --from ADDRESS --eml FILE [--to ADDRESS…]</c>: one resolver, the roots to trust, and what to send.
/// </summary>
internal sealed record Arguments(IPEndPoint Dns, string Trust, string From, string Eml, IReadOnlyList<string> To)
{
    public static Arguments Parse(IReadOnlyList<string> words)
    {
        Dictionary<string, List<string>> values = new(StringComparer.Ordinal);
        List<string>? current = null;
        foreach (string word in words)
        {
            if (word.StartsWith("--", StringComparison.Ordinal))
            {
                values[word] = current = [];
            }
            else
            {
                (current ?? throw new ArgumentException($"'{word}' follows no option.")).Add(word);
            }
        }

        string One(string option) => values.TryGetValue(option, out List<string>? given) && given.Count == 1
            ? given[0]
            : throw new ArgumentException($"{option} is to be given once, with one value.");
        return new Arguments(
            new IPEndPoint(IPAddress.Parse(One("--dns")), 53),
            One("--trust"),
            One("--from"),
            One("--eml"),
            values.GetValueOrDefault("--to") ?? []);
    }
}
