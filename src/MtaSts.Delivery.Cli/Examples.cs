using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace MtaSts.Delivery.Cli;

/// <summary>Puts examples behind each command's help.</summary>
internal static class Examples
{
    private static readonly Dictionary<string, string> ByCommand = new(StringComparer.Ordinal)
    {
        ["mta-sts"] = """
              mta-sts check example.com
              mta-sts explain jane@example.com --probe
              mta-sts lint policy mta-sts.txt
            """,
        ["mta-sts check"] = """
              mta-sts check example.com                    all that a sender would meet
              mta-sts check --no-connect example.com       without port 25
              mta-sts check --json $(cat domains) | jq .   one object a line
              mta-sts check --dns 192.0.2.53 example.com   by a resolver of your choice
              mta-sts check --dane --dns 127.0.0.1 example.com   with TLSA records
            """,
        ["mta-sts explain"] = """
              mta-sts explain jane@example.com             no connection to an MX host
              mta-sts explain --probe jane@example.com     up to the TLS handshake
            """,
        ["mta-sts send"] = """
              mta-sts send --from me@example.net --to jane@example.com message.eml
              mta-sts send --from "" --to-file recipients.txt notice.eml
              mta-sts send --json --from me@example.net --to jane@example.com - < my.eml
            """,
        ["mta-sts lint"] = """
              mta-sts lint policy mta-sts.txt
              dig +short TXT _mta-sts.example.com | mta-sts lint record -
              mta-sts lint certificate --host mx1.example.com fullchain.pem
            """,
        ["mta-sts lint policy"] = """
              mta-sts lint policy mta-sts.txt
              curl -s https://mta-sts.example.com/.well-known/mta-sts.txt |
                mta-sts lint policy -
            """,
        ["mta-sts lint record"] = """
              dig +short TXT _mta-sts.example.com | mta-sts lint record -
              mta-sts lint record answers/*.txt --json
            """,
        ["mta-sts lint tls-record"] = """
              dig +short TXT _smtp._tls.example.com | mta-sts lint tls-record -
            """,
        ["mta-sts lint report"] = """
              mta-sts lint report google.com!example.com!1767225600!1767311999!001.json.gz
            """,
        ["mta-sts lint certificate"] = """
              mta-sts lint certificate --host mx1.example.com fullchain.pem
              mta-sts lint certificate --host mx1.example.com \
                --trust /etc/ssl/certs/ca-certificates.crt fullchain.pem
              mta-sts lint certificate --host mx1.example.com \
                --trust roots.pem --at 2026-12-24T00:00Z fullchain.pem
            """,
        ["mta-sts match"] = """
              mta-sts match --policy mta-sts.txt mx1.example.com mx2.example.com
            """,
        ["mta-sts report"] = """
              mta-sts report show ~/tls-reports
            """,
        ["mta-sts report show"] = """
              mta-sts report show ~/tls-reports
            """,
        ["mta-sts policy"] = """
              mta-sts policy new example.com
              mta-sts policy list --policy-store mta-sts.db
              mta-sts policy export --policy-store mta-sts.db > policies.jsonl
            """,
        ["mta-sts policy new"] = """
              mta-sts policy new example.com
              mta-sts policy new example.com --mode enforce --max-age 2419200 > mta-sts.txt
            """,
        ["mta-sts policy list"] = """
              mta-sts policy list --policy-store mta-sts.db
            """,
        ["mta-sts policy show"] = """
              mta-sts policy show --policy-store mta-sts.db example.com
            """,
        ["mta-sts policy refresh"] = """
              mta-sts policy refresh --policy-store mta-sts.db               all of them
              mta-sts policy refresh --policy-store mta-sts.db example.com
            """,
        ["mta-sts policy remove"] = """
              mta-sts policy remove --policy-store mta-sts.db example.com
            """,
        ["mta-sts policy export"] = """
              mta-sts policy export --policy-store mta-sts.db > policies.jsonl
            """,
        ["mta-sts policy import"] = """
              mta-sts policy import --policy-store other.db policies.jsonl
            """,
        ["mta-sts queue"] = """
              mta-sts queue list --store queue.db
              mta-sts queue show --store queue.db 4711
              mta-sts queue retry --store queue.db --destination example.com
            """,
        ["mta-sts queue list"] = """
              mta-sts queue list --store queue.db --destination example.com
              mta-sts queue list --store queue.db --state held --limit 0 --json
            """,
        ["mta-sts queue show"] = """
              mta-sts queue show --store queue.db 4711
              mta-sts queue show --store queue.db --message 4711 > 4711.eml
            """,
        ["mta-sts queue retry"] = """
              mta-sts queue retry --store queue.db 4711 4712
              mta-sts queue retry --store queue.db --destination example.com
            """,
        ["mta-sts queue hold"] = """
              mta-sts queue hold --store queue.db --sender news@shop.example
            """,
        ["mta-sts queue release"] = """
              mta-sts queue release --store queue.db --state held
            """,
        ["mta-sts queue cancel"] = """
              mta-sts queue cancel --store queue.db 4711
            """,
        ["mta-sts queue bounce"] = """
              mta-sts queue bounce --store queue.db --destination example.com \
                --host mail.shop.example \
                --reason "The domain has moved; ask for the new address."
            """,
        ["mta-sts queue drain"] = """
              mta-sts queue drain --store queue.db --ehlo mail.shop.example
            """,
        ["mta-sts queue stats"] = """
              mta-sts queue stats --store queue.db --json
            """,
        ["mta-sts finding"] = """
              mta-sts finding record.id-invalid
              mta-sts finding                                 all of them
              mta-sts finding --json | jq -r .code
            """,
        ["mta-sts completion"] = """
              mta-sts completion bash >> ~/.bashrc
            """,
    };

    /// <summary>Adds them to a command and all below it.</summary>
    public static void AddTo(RootCommand root, int width)
    {
        HelpOption help = root.Options.OfType<HelpOption>().Single();
        var usual = (HelpAction)help.Action!;
        usual.MaxWidth = width;
        help.Action = new WithExamples(usual);
    }

    /// <summary>Whether the user asked for help, which is given whatever else stands on the command line.</summary>
    public static bool IsHelp(CommandLineAction? action) => action is WithExamples;

    private static string PathOf(Command command)
    {
        Command? parent = command.Parents.OfType<Command>().FirstOrDefault();
        return command is RootCommand || parent is null ? "mta-sts" : PathOf(parent) + " " + command.Name;
    }

    private sealed class WithExamples(HelpAction help) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            int code = help.Invoke(parseResult);
            if (ByCommand.TryGetValue(PathOf(parseResult.CommandResult.Command), out string? examples))
            {
                TextWriter output = parseResult.InvocationConfiguration.Output;
                output.WriteLine("Examples:");
                output.WriteLine(examples);
            }

            return code;
        }
    }
}
