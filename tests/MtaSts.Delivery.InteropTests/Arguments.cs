using System.Net;

namespace MtaSts.Delivery.InteropTests;

/// <summary><c>--option value…</c>: <c>--dns ADDRESS</c> and <c>--trust ca.pem</c> for every part, and what the part asks for besides.</summary>
internal sealed class Arguments
{
    private readonly Dictionary<string, List<string>> _values = new(StringComparer.Ordinal);

    /// <summary>The resolvers to ask, on port 53.</summary>
    public IEnumerable<IPEndPoint> Dns => All("--dns").Select(address => new IPEndPoint(IPAddress.Parse(address), 53));

    /// <summary>The file with the roots to trust.</summary>
    public string Trust => One("--trust");

    public static Arguments Parse(IReadOnlyList<string> words)
    {
        var arguments = new Arguments();
        List<string>? current = null;
        foreach (string word in words)
        {
            if (word.StartsWith("--", StringComparison.Ordinal))
            {
                arguments._values[word] = current = [];
            }
            else
            {
                (current ?? throw new ArgumentException($"'{word}' follows no option.")).Add(word);
            }
        }

        return arguments;
    }

    /// <summary>The value of an option that has one.</summary>
    public string One(string option) => All(option) is [var value] ? value : throw new ArgumentException($"{option} is to be given once, with one value.");

    /// <summary>Whether an option is given.</summary>
    public bool Has(string option) => _values.ContainsKey(option);

    /// <summary>The values of an option, none if it is not given.</summary>
    public IReadOnlyList<string> All(string option) => _values.TryGetValue(option, out List<string>? given) ? given : [];
}
