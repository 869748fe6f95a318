using System.Globalization;
using MimeKit;
using MimeKit.Cryptography;
using MtaSts.Delivery.InteropTests.Corpus;

namespace MtaSts.Delivery.InteropTests.Parts;

/// <summary><c>mx --servers FILE --mail DIRECTORY --keys DIRECTORY</c>: the corpus to every server, and what arrives there.</summary>
internal static class MxPart
{
    private const int Concurrent = 4;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        Checks checks = new();
        var keys = new DkimKeys(arguments.One("--keys"));
        IReadOnlyList<CorpusMessage> corpus = MessageCorpus.Create(keys);
        checks.That(corpus.Count >= 50, $"the corpus has {corpus.Count} messages", () => "fewer than 50");
        await using Sender sender = new(arguments);
        foreach (MxServer server in MxServer.Load(arguments.One("--servers")))
        {
            await RunAsync(checks, sender, server, corpus, keys, Path.Combine(arguments.One("--mail"), server.Domain, "new"), cancellationToken);
        }

        return checks.ExitCode;
    }

    private static async Task RunAsync(
        Checks checks, Sender sender, MxServer server, IReadOnlyList<CorpusMessage> corpus, DkimKeys keys, string mailbox, CancellationToken cancellationToken)
    {
        CorpusMessage[] messages = [.. server.Traits.Contains("few") ? corpus.Take(3) : corpus];
        if (server.Traits.Contains("recipients"))
        {
            await ManyRecipientsAsync(checks, sender, server, messages[0], mailbox, cancellationToken);
            return;
        }

        var outcomes = new OutcomeLine[messages.Length];
        await SendAllAsync(Enumerable.Range(0, messages.Length));
        if (server.Traits.Contains("greylisting"))
        {
            OutcomeLine[] first = outcomes[..];
            checks.That(first.All(one => one is { Outcome: "Deferred", Status: "4.7.1" or "4.2.0", InDoubt: false }), $"{server.Name}: the first try of each message is deferred by the greylist", () => Tell(first));
            await SendAllAsync(Enumerable.Range(0, messages.Length));
        }

        Dictionary<int, string> faults = [];
        int[] delivered = [.. Enumerable.Range(0, messages.Length).Where(i => Expected(server, messages[i]) is "Delivered")];
        await ArrivedAsync(mailbox, outcomes.Count(one => one.Outcome == "Delivered"), cancellationToken);
        IReadOnlyList<StoredMail> stored = StoredMail.LoadAll(mailbox);
        int[] wrong = [.. Enumerable.Range(0, messages.Length).Where(i => outcomes[i].Outcome != Expected(server, messages[i]) || (outcomes[i].Tls ?? server.Tls) != server.Tls)];
        checks.That(wrong.Length == 0, $"{server.Name}: {delivered.Length} of {messages.Length} messages delivered, {HowOf(server)}, the others refused with a reason",
            () => string.Join(" | ", wrong.Select(i => $"{messages[i].Name}: {outcomes[i].ToJson()}")));

        foreach (int i in delivered)
        {
            if (Difference(server, messages[i], stored) is { } difference)
            {
                faults[i] = $"{messages[i].Name}: {difference}";
            }
        }

        checks.That(faults.Count == 0, $"{server.Name}: all {delivered.Length} arrive unchanged but for trace fields{(server.EightBitMime ? "" : ", 8-bit text encoded")}", () => string.Join(" | ", faults.Values));
        checks.That(stored.Count == delivered.Length, $"{server.Name}: and nothing else arrives", () => $"{stored.Count} messages in the mailbox instead of {delivered.Length}");
        CorpusMessage[] signed = [.. messages.Where((message, i) => message.IsSigned && delivered.Contains(i))];
        if (signed.Length > 0)
        {
            string[] broken = [.. signed.Where(message => Find(message, stored) is not { } mail || !Verifies(mail, keys)).Select(message => message.Name)];
            checks.That(broken.Length == 0, $"{server.Name}: the DKIM signatures of {signed.Length} messages verify after arrival", () => string.Join(", ", broken));
        }

        Task SendAllAsync(IEnumerable<int> indices) => Parallel.ForEachAsync(indices, new ParallelOptions { MaxDegreeOfParallelism = Concurrent, CancellationToken = cancellationToken }, async (i, stop) =>
            outcomes[i] = (await sender.SendAsync(messages[i].Octets, messages[i].From, [$"{messages[i].LocalPart}@{server.Domain}"], stop))[0]);
    }

    /// <summary>More recipients than the server takes in one transaction, or than it forgives. RFC 5321 §4.5.3.1.10.</summary>
    private static async Task ManyRecipientsAsync(Checks checks, Sender sender, MxServer server, CorpusMessage message, string mailbox, CancellationToken cancellationToken)
    {
        string[] recipients = [.. Enumerable.Range(1, 25).Select(i => string.Create(CultureInfo.InvariantCulture, $"r{i}@{server.Domain}"))];
        IReadOnlyList<OutcomeLine> outcomes = await sender.SendAsync(message.Octets, message.From, recipients, cancellationToken);
        await ArrivedAsync(mailbox, outcomes.Count(one => one.Outcome == "Delivered"), cancellationToken);
        string[] arrived = [.. StoredMail.LoadAll(mailbox).Select(mail => mail.DifferenceFrom(message.Expected) is null ? mail.Field("X-Original-To") ?? "nobody" : "another message")];
        string[] missing = [.. recipients.Except(arrived)], more = [.. arrived.GroupBy(one => one).Where(one => one.Count() > 1 || !recipients.Contains(one.Key)).Select(one => one.Key)];
        string how = server.Traits.Contains("patient") ? "a transaction takes 10" : "a transaction takes 10, and a session ends at the fifteenth";
        checks.That(outcomes.All(one => one.Outcome == "Delivered") && arrived.Order().SequenceEqual(recipients.Order()), $"{server.Name}: 25 recipients where {how}: each gets the message once",
            () => $"missing: {string.Join(' ', missing)}; too many: {string.Join(' ', more)}; {Tell([.. outcomes.Where(one => one.Outcome != "Delivered")])}");
    }

    private static async Task ArrivedAsync(string mailbox, int wanted, CancellationToken cancellationToken)
    {
        for (int tick = 0; tick < 300 && (!Directory.Exists(mailbox) || Directory.EnumerateFiles(mailbox).Count() < wanted); tick++)
        {
            await Task.Delay(50, cancellationToken);
        }
    }

    private static string HowOf(MxServer server) => server.Tls switch { "verified" => "over verified TLS", "unverified" => "over TLS", _ => "in clear" };

    /// <summary>What becomes of a message at a server. RFC 1870 §6.3, RFC 6152, RFC 6531 §3.2.</summary>
    private static string Expected(MxServer server, CorpusMessage message) =>
        message.Fate == Fate.Refused ? "Failed"
        : message.Expected.Length > server.MaxSize || (message.NeedsSmtpUtf8 && !(server.SmtpUtf8 && server.EightBitMime))
            || (message.HasEightBitBody && !server.EightBitMime && !message.IsEncodable) ? server.Refusal
        : "Delivered";

    private static string? Difference(MxServer server, CorpusMessage message, IReadOnlyList<StoredMail> stored)
    {
        if (Find(message, stored) is not { } mail)
        {
            return "not in the mailbox";
        }

        bool encoded = message.Fate == Fate.Encoded || (message.HasEightBitBody && !server.EightBitMime);
        return (encoded ? DifferenceInMeaning(mail, message) : mail.DifferenceFrom(message.Expected))
            ?? ((mail.Field("Return-Path") ?? "") is var path && path == (message.From.Length == 0 ? server.NullSender : $"<{message.From}>") ? null : $"the reverse-path is {path} instead of <{message.From}>");
    }

    private static string? DifferenceInMeaning(StoredMail mail, CorpusMessage message)
    {
        using MimeMessage arrived = mail.Parse();
        using MimeMessage sent = MimeMessage.Load(new MemoryStream(message.Expected));
        if (mail.Octets.AsSpan().Contains((byte)0) || (!System.Text.Ascii.IsValid(mail.Octets) && message.Fate != Fate.Encoded))
        {
            return "it was not encoded";
        }

        byte[][] before = [.. sent.BodyParts.OfType<MimePart>().Select(Decoded)];
        byte[][] after = [.. arrived.BodyParts.OfType<MimePart>().Select(Decoded)];
        return before.Length == after.Length && before.Zip(after).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second)) && sent.Subject == arrived.Subject
            ? null
            : "it does not mean the same any more";
    }

    private static byte[] Decoded(MimePart part)
    {
        using var content = new MemoryStream();
        part.Content?.DecodeTo(content);
        return content.ToArray();
    }

    private static StoredMail? Find(CorpusMessage message, IReadOnlyList<StoredMail> stored)
    {
        byte[] mark = System.Text.Encoding.ASCII.GetBytes($"\r\nX-Corpus: {MessageCorpus.Slug(message.Name)}\r\n");
        StoredMail[] found = [.. stored.Where(mail => mail.Octets.AsSpan(0, Math.Min(mail.Octets.Length, 100_000)).IndexOf(mark) >= 0)];
        return found is [var one] ? one : null;
    }

    private static bool Verifies(StoredMail mail, DkimKeys keys)
    {
        using MimeMessage message = mail.Parse();
        return message.Headers.FirstOrDefault(header => header.Id == HeaderId.DkimSignature) is { } signature && new DkimVerifier(keys).Verify(message, signature);
    }

    private static string Tell(OutcomeLine[] outcomes) => string.Create(CultureInfo.InvariantCulture, $"{string.Join(" | ", outcomes.Take(3).Select(one => one.ToJson()))}");
}
