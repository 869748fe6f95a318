using System.Net;
using MtaSts.Delivery.Names;

namespace QuickStart;

/// <summary>What stands on the command line.</summary>
internal sealed record Arguments(string From, IReadOnlyList<string> To, string Eml, IReadOnlyList<IPEndPoint> Dns, string? Ehlo, bool Json)
{
    public const string Usage = """

        dotnet run --project samples/QuickStart                       a delivery over a fake internet in this process
        dotnet run --project samples/QuickStart -- --to ADDRESS …     a real one

          --to ADDRESS      whom to send to; may be repeated
          --from ADDRESS    the envelope's sender (noreply@sender.example)
          --eml FILE        the message (the one beside this sample)
          --dns ADDRESS     the resolver, with :PORT if not 53; may be repeated (the system's)
          --ehlo NAME       this host's fully qualified name (the system's)
          --json            the whole reasoning as JSON
        """;

    /// <summary>Reads the command line, or says what is wrong with it.</summary>
    public static Arguments? Read(string[] args, out string? fault)
    {
        string from = "noreply@sender.example";
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

            if (args[i] is not ("--to" or "--from" or "--eml" or "--dns" or "--ehlo") || i + 1 == args.Length)
            {
                fault = $"'{args[i]}' is no option, or its value is missing.";
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
                case "--eml":
                    eml = value;
                    break;
                case "--dns" when IPEndPoint.TryParse(value, out IPEndPoint? server):
                    dns.Add(server.Port == 0 ? new IPEndPoint(server.Address, 53) : server);
                    break;
                case "--ehlo" when DomainName.TryParse(value, out _):
                    ehlo = value;
                    break;
                default:
                    fault = $"'{value}' does not do for {option}.";
                    return null;
            }
        }

        fault = null;
        return new Arguments(from, to, eml, dns, ehlo, json);
    }
}
