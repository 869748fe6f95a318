using System.Net;
using MtaSts.Delivery.Names;

namespace QuickStart;

/// <summary>What stands on the command line.</summary>
internal sealed record Arguments(string? From, IReadOnlyList<string> To, string Eml, IReadOnlyList<IPEndPoint> Dns, string? Ehlo, bool Json)
{
    public const string Usage = """

        dotnet run --project samples/QuickStart                       a delivery over a fake internet in this process
        dotnet run --project samples/QuickStart -- --to ADDRESS …     a real one

          --to ADDRESS      whom to send to; may be repeated
          --from ADDRESS    the envelope's sender, "" for a notice; needed with --to
          --eml FILE        the message (default: the one beside this sample)
          --dns ADDRESS     the resolver, with :PORT if not 53; may be repeated (default: the system's)
          --ehlo NAME       this host's fully qualified name (default: the system's)
          --json            the whole reasoning as JSON
          --help            this text
        """;

    /// <summary>Reads the command line, or says what is wrong with it.</summary>
    public static Arguments? Read(string[] args, out string? fault)
    {
        string? from = null;
        string eml = Path.Combine(AppContext.BaseDirectory, "message.eml");
        string? ehlo = null;
        bool json = false;
        var to = new List<string>();
        var dns = new List<IPEndPoint>();
        for (int i = 0; i < args.Length; i++)
        {
            if (args[i] == "--json")
            {
                json = true;
                continue;
            }

            if (args[i] is not ("--to" or "--from" or "--eml" or "--dns" or "--ehlo"))
            {
                fault = $"Unknown option '{args[i]}'.";
                return null;
            }

            if (i + 1 == args.Length)
            {
                fault = $"{args[i]} needs a value.";
                return null;
            }

            string option = args[i];
            string value = args[++i];
            switch (option)
            {
                case "--to" when EnvelopeAddress.TryParse(value, out _):
                    to.Add(value);
                    break;
                case "--from" when value.Length == 0 || EnvelopeAddress.TryParse(value, out _):
                    from = value;
                    break;
                case "--eml" when value.Length > 0:
                    eml = value;
                    break;
                case "--dns" when IPEndPoint.TryParse(value, out IPEndPoint? server):
                    dns.Add(server.Port == 0 ? new IPEndPoint(server.Address, 53) : server);
                    break;
                case "--ehlo" when DomainName.TryParse(value, out _):
                    ehlo = value;
                    break;
                default:
                    fault = $"'{value}' is no value for {option} (expected {Expected(option)}).";
                    return null;
            }
        }

        fault = to.Count == 0 && (from is not null || dns.Count > 0 || ehlo is not null) ? "--from, --dns and --ehlo go with --to."
            : to.Count > 0 && from is null ? "--to needs --from."
            : null;
        return fault is not null ? null : new Arguments(from, to, eml, dns, ehlo, json);
    }

    private static string Expected(string option) => option switch
    {
        "--dns" => "an IP address such as 192.0.2.53 or 192.0.2.53:5353",
        "--ehlo" => "a name such as mail.example.net",
        "--eml" => "a file",
        _ => "an address such as you@example.test",
    };
}
