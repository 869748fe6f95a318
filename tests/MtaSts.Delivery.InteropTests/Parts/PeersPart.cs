using System.Globalization;
using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Testing;

namespace MtaSts.Delivery.InteropTests.Parts;

/// <summary>
/// <c>peers</c>: the same faults for three senders. <c>--addresses</c> lists the addresses that the machine must have first;
/// otherwise serves the internet, writes its root to <c>--trust</c>, waits for a line of input, sends, and writes the table to <c>--table</c>.
/// </summary>
internal static partial class PeersPart
{
    public static async Task<int> ListAddressesAsync()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        PeerCase.ArrangeAll(internet);
        foreach (IPAddress address in PeerCase.All.SelectMany(one => internet.Domain(one.Domain).PolicyHost.Addresses)
            .Concat(Hosts().SelectMany(host => internet.MxHost(host).Addresses)).Distinct())
        {
            Console.WriteLine(address);
        }

        return 0;
    }

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        await using FakeInternet internet = await FakeInternet.StartStandAloneAsync(new IPEndPoint(IPAddress.Loopback, 53));
        PeerCase.ArrangeAll(internet);
        await File.WriteAllTextAsync(arguments.Trust, internet.Authority.Root.ExportCertificatePem(), cancellationToken);
        await Console.In.ReadLineAsync(cancellationToken);

        Checks checks = new();
        await using Sender library = new(arguments, options => options.EhloName = "sender.example");
        PeerSender[] senders =
        [
            new("this library", "library", (recipients, stop) => SendByLibraryAsync(library, recipients, stop)),
            new("Postfix + resolver", "postfix", (recipients, stop) => SendByServerAsync(recipients, "127.0.0.2", 25, null, "/srv/log/mail.log", PostfixLine(), stop)),
            new("chasquid", "chasquid", (recipients, stop) => SendByServerAsync(recipients, "127.0.0.3", 587, "sender@sender.example", "/srv/log/chasquid.out", ChasquidLine(), stop)),
        ];
        var results = new Dictionary<(PeerSender Sender, PeerCase Case), PeerResult>();
        foreach (PeerSender sender in senders)
        {
            string[] recipients = [.. PeerCase.All.Select(one => $"{sender.LocalPart}@{one.Domain}")];
            IReadOnlyDictionary<string, (string Word, string Why)> words = await sender.SendAsync(recipients, cancellationToken);
            foreach (PeerCase one in PeerCase.All)
            {
                string recipient = $"{sender.LocalPart}@{one.Domain}";
                (string word, string why) = words.TryGetValue(recipient, out (string Word, string Why) found) ? found : ("nothing heard", "");
                results[(sender, one)] = PeerResult.Of(word, why, internet.Messages.Where(message => message.Recipients.Contains(recipient)));
            }
        }

        foreach (PeerCase one in PeerCase.All)
        {
            PeerResult own = results[(senders[0], one)];
            checks.That(own.What == one.Wanted && own.Fault is null, $"{one.Summary}: {one.Wanted} ({one.Decides})", () => $"{own.What}, {own.Fault} {own.Why}");
        }

        PeerCase[] unexplained = [.. PeerCase.All.Where(one => one.Note.Length == 0 && senders.Any(sender => results[(sender, one)].What != one.Wanted))];
        checks.That(unexplained.Length == 0, "where a sender does otherwise than the section says, the page says why",
            () => string.Join(" | ", unexplained.Select(one => $"{one.Name}: {string.Join(", ", senders.Select(sender => results[(sender, one)].What))}")));
        foreach (PeerSender sender in senders)
        {
            PeerCase[] unclear = [.. PeerCase.All.Where(one => results[(sender, one)] is { Fault: not null } or { What: "nothing heard" })];
            checks.That(unclear.Length == 0, $"{sender.Name}: what it says of {PeerCase.All.Count} messages is what the servers saw",
                () => string.Join(" | ", unclear.Select(one => $"{one.Name}: {results[(sender, one)]}")));
        }

        await File.WriteAllTextAsync(arguments.One("--table"), Table(senders, results), cancellationToken);
        return checks.ExitCode;
    }

    private static IEnumerable<string> Hosts() =>
        [.. PeerCase.All.Select(one => one.MxHost), "a.mx.labels.peers.test", "mx2.second.peers.test"];

    private static async Task<IReadOnlyDictionary<string, (string Word, string Why)>> SendByLibraryAsync(Sender library, IReadOnlyList<string> recipients, CancellationToken cancellationToken)
    {
        MessageContent content = MessageContent.From(Encoding.ASCII.GetBytes("From: sender@sender.example\r\nSubject: peers\r\n\r\nHello\r\n"));
        DeliveryResult result = await library.Deliverer.DeliverAsync(content, new Envelope("sender@sender.example", recipients), cancellationToken);
        return result.Outcomes.ToDictionary(one => one.Recipient.ToString(), one => (
            one switch { RecipientOutcome.Delivered => "delivered", RecipientOutcome.Deferred => "deferred", _ => "bounced" }, one.Explanation));
    }

    /// <summary>Hands a message for each recipient to a server, and reads in its log what it made of it.</summary>
    private static async Task<IReadOnlyDictionary<string, (string Word, string Why)>> SendByServerAsync(
        IReadOnlyList<string> recipients, string address, int port, string? user, string log, Regex line, CancellationToken cancellationToken)
    {
        using var client = new SmtpClient { ServerCertificateValidationCallback = (_, certificate, _, _) => certificate?.Subject == "CN=sender.example" };
        await client.ConnectAsync(address, port, user is null ? SecureSocketOptions.None : SecureSocketOptions.StartTls, cancellationToken);
        if (user is not null)
        {
            await client.AuthenticateAsync(user, "secret", cancellationToken);
        }

        var from = new MailboxAddress("", "sender@sender.example");
        foreach (string recipient in recipients)
        {
            using var message = new MimeMessage([from], [new MailboxAddress("", recipient)], "peers", new TextPart("plain") { Text = "Hello" });
            await client.SendAsync(message, from, [new MailboxAddress("", recipient)], cancellationToken);
        }

        await client.DisconnectAsync(true, cancellationToken);
        Dictionary<string, (string Word, string Why)> words = [];
        for (int tick = 0; tick < 300 && words.Count < recipients.Count; tick++)
        {
            await Task.Delay(200, cancellationToken);
            foreach (Match match in line.Matches(await ReadAsync(log, cancellationToken)))
            {
                string word = match.Groups["word"].Value switch { "sent" => "delivered", "deferred" or "temporary" => "deferred", _ => "bounced" };
                words.TryAdd(match.Groups["to"].Value, (word, match.Groups["why"].Value));
            }
        }

        return words;
    }

    private static async Task<string> ReadAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync(cancellationToken);
    }

    private static string Table(PeerSender[] senders, Dictionary<(PeerSender Sender, PeerCase Case), PeerResult> results)
    {
        var table = new StringBuilder($"| case | {string.Join(" | ", senders.Select(one => one.Name))} | decides |\n|---|{string.Concat(senders.Select(_ => "---|"))}---|\n");
        foreach (PeerCase one in PeerCase.All)
        {
            PeerResult[] row = [.. senders.Select(sender => results[(sender, one)])];
            IEnumerable<string> cells = row.Select(result => result.What == one.Wanted ? result.What : $"**{result.What}**");
            table.Append(CultureInfo.InvariantCulture, $"| {one.Summary} | {string.Join(" | ", cells)} | {one.Decides} |\n");
        }

        table.Append("\nWhy some do otherwise:\n\n");
        foreach (PeerCase one in PeerCase.All.Where(one => senders.Any(sender => results[(sender, one)].What != one.Wanted)))
        {
            table.Append(CultureInfo.InvariantCulture, $"- *{one.Summary}*. {one.Note}\n");
            foreach (PeerSender sender in senders.Where(sender => results[(sender, one)] is { Why.Length: > 0 } result && result.What != one.Wanted))
            {
                table.Append(CultureInfo.InvariantCulture, $"  {sender.Name}: \u201c{Short(results[(sender, one)].Why)}\u201d.\n");
            }
        }

        return table.ToString();
    }

    private static string Short(string text) => Escape(text.Trim(' ', ':') is var own && own.Length > 240 ? own[..240] + "…" : own);

    private static string Escape(string text) => text.Replace("<", "&lt;", StringComparison.Ordinal).Replace("|", "\\|", StringComparison.Ordinal);

    [GeneratedRegex(@"to=<(?<to>[^>]+@[^>]+\.peers\.test)>.* status=(?<word>sent|deferred|bounced) \((?<why>.*)\)")]
    private static partial Regex PostfixLine();

    [GeneratedRegex(@"to=(?<to>\S+@\S+\.peers\.test) (?:(?<word>sent)|failed \((?<word>temporary|permanent)\))(?<why>.*)")]
    private static partial Regex ChasquidLine();
}
