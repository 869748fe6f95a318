using System.Net;
using System.Text;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Sessions;

public sealed class SmtpWireTests
{
    private static readonly EnvelopeAddress Sender = EnvelopeAddress.Parse("a@sender.example");
    private static readonly EnvelopeAddress[] Recipients = [EnvelopeAddress.Parse("Jane@example.com"), EnvelopeAddress.Parse("jane@example.com")];

    /// <summary>SMTP-02. RFC 5321 §4.2.1.</summary>
    [Test]
    public async Task A_reply_of_several_lines_may_come_in_pieces_of_any_size([Values(1, 2, 3, 5, 7, 100)] int pieceSize, [Values("\r\n", "\n")] string lineEnd)
    {
        (SmtpReply? reply, SessionFailure? failure) = await ReadAsync($"250-mx.example hello{lineEnd}250-SIZE 1{lineEnd}250{lineEnd}", pieceSize);
        Assert.That(failure, Is.Null);
        Assert.That(reply!.Lines, Is.EqualTo(["mx.example hello", "SIZE 1", ""]));
    }

    /// <summary>SMTP-02, SMTP-05, SMTP-19, SMTP-04. RFC 5321 §4.2.</summary>
    [TestCase("250-a\r\n450 b\r\n", SessionFailureKind.ProtocolViolation)]
    [TestCase("199 x\r\n", SessionFailureKind.ProtocolViolation)]
    [TestCase("600 x\r\n", SessionFailureKind.ProtocolViolation)]
    [TestCase("HTTP/1.1 400 Bad Request\r\n", SessionFailureKind.ProtocolViolation)]
    [TestCase("\r\n", SessionFailureKind.ProtocolViolation)]
    [TestCase("421 closing\r\n", SessionFailureKind.ServiceClosing)]
    [TestCase("421-closing\r\n421 now\r\n", SessionFailureKind.ServiceClosing)]
    [TestCase("250-a\r\n", SessionFailureKind.ConnectionLost)]
    [TestCase("250 no line end", SessionFailureKind.ConnectionLost)]
    [TestCase("", SessionFailureKind.ConnectionLost)]
    public async Task What_is_no_reply_ends_the_session(string text, SessionFailureKind kind)
    {
        (SmtpReply? reply, SessionFailure? failure) = await ReadAsync(text);
        Assert.That(reply, Is.Null);
        Assert.That(failure!.Kind, Is.EqualTo(kind));
        Assert.That(failure.Reply?.Code, Is.EqualTo(kind == SessionFailureKind.ServiceClosing ? 421 : (int?)null));
    }

    /// <summary>SMTP-19. RFC 5321 §4.5.3.1.5.</summary>
    [Test]
    public async Task A_reply_without_end_is_cut_off()
    {
        Assert.That((await ReadAsync("250 " + new string('x', 70_000) + "\r\n")).Failure!.Kind, Is.EqualTo(SessionFailureKind.ProtocolViolation), "one line");
        Assert.That((await ReadAsync(new string('x', 70_000))).Failure!.Kind, Is.EqualTo(SessionFailureKind.ProtocolViolation), "no line end");
        Assert.That((await ReadAsync(string.Concat(Enumerable.Repeat("250-x\r\n", 2000)))).Failure!.Kind, Is.EqualTo(SessionFailureKind.ProtocolViolation), "many lines");
        Assert.That((await ReadAsync(string.Concat(Enumerable.Repeat("250-" + new string('x', 900) + "\r\n", 100)))).Failure!.Kind, Is.EqualTo(SessionFailureKind.ProtocolViolation), "long lines");
        Assert.That((await ReadAsync(string.Concat(Enumerable.Repeat("250-x\r\n", 900)) + "250 x\r\n")).Failure, Is.Null);
    }

    /// <summary>TLS-08, SMTP-19. RFC 3207 §6.</summary>
    [Test]
    public async Task A_reply_that_nothing_asked_for_ends_the_session()
    {
        await using var server = new MemoryServer(MemoryServer.Accept);
        await using var wire = new SmtpWire(server, new SessionOptions(), TimeProvider.System);
        server.Say("220 ready\r\n250 injected\r\n");
        await wire.ReadReplyAsync(SmtpPhase.Greeting, default);
        Assert.That(wire.HasUnreadInput, Is.True);
        Assert.That(async () => await wire.ExchangeAsync(SmtpPhase.Ehlo, "EHLO x", default), Throws.InstanceOf<SmtpWireException>());
        Assert.That(wire.Failure!.Kind, Is.EqualTo(SessionFailureKind.ProtocolViolation));
        Assert.That(server.Commands, Is.Empty);
    }

    /// <summary>SMTP-02. RFC 5321 §4.2: what was read before is known again, and nothing else is taken for it.</summary>
    [Test]
    public async Task Replies_that_come_again_are_read_as_they_are()
    {
        string[] replies = ["250 2.0.0 ok\r\n", "250 2.0.0 ok\n", "251 2.0.0 ok\r\n", "250 2.0.0 OK\r\n", "250 2.0.0 ok \r\n", "250\r\n", "250 \r\n", "250 ?\r\n", "250 \u0001\r\n", "250 \u00e9\r\n", "250-2.0.0 ok\r\n250 2.0.0 ok\r\n", "450 2.0.0 ok\r\n"];
        var random = new Random(7);
        string[] said = [.. Enumerable.Range(0, 1000).Select(_ => replies[random.Next(replies.Length)])];
        await using var server = new MemoryServer(MemoryServer.Accept);
        await using var wire = new SmtpWire(server, new SessionOptions(), TimeProvider.System);
        server.Say(string.Concat(said), 100);
        foreach (string reply in said)
        {
            SmtpReply read = await wire.ReadReplyAsync(SmtpPhase.Greeting, default);
            (SmtpReply? expected, _) = await ReadAsync(reply);
            Assert.That((read.Code, string.Join('|', read.Lines)), Is.EqualTo((expected!.Code, string.Join('|', expected.Lines))), reply);
        }
    }

    /// <summary>SMTP-06. RFC 5321 §4.5.3.2.</summary>
    [Test]
    public async Task Silence_ends_at_the_deadline_of_its_phase()
    {
        await using var server = new MemoryServer(MemoryServer.Accept);
        await using var wire = new SmtpWire(server, new SessionOptions { GreetingTimeout = TimeSpan.FromMilliseconds(100) }, TimeProvider.System);
        Assert.That(async () => await wire.ReadReplyAsync(SmtpPhase.Greeting, default), Throws.InstanceOf<SmtpWireException>());
        Assert.That(wire.Failure!.Kind, Is.EqualTo(SessionFailureKind.Timeout));
    }

    /// <summary>SMTP-11, SMTP-17. RFC 5321 §3.3, §2.4.</summary>
    [Test]
    public async Task The_addresses_go_out_to_the_letter_and_recipients_that_differ_in_case_are_two()
    {
        (MemoryServer server, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(Message("body"), MemoryServer.Accept);
        Assert.That(server.Commands.Where(line => line.StartsWith("MAIL", StringComparison.Ordinal)).Single(), Does.StartWith("MAIL FROM:<a@sender.example>"));
        Assert.That(server.Commands.Where(line => line.StartsWith("RCPT", StringComparison.Ordinal)), Is.EqualTo(["RCPT TO:<Jane@example.com>", "RCPT TO:<jane@example.com>"]));
        Assert.That(results.Values, Is.All.InstanceOf<Handover.Accepted>());
    }

    /// <summary>SMTP-02, SMTP-03. RFC 5321 §4.3.2.</summary>
    [TestCase("DATA", "354\r\n", "A")]
    [TestCase("DATA", "399 go\r\n", "A")]
    [TestCase("DATA", "250 what\r\n", "I")]
    [TestCase("DATA", "554 no\r\n", "R")]
    [TestCase(".", "299\r\n", "A")]
    [TestCase(".", "450-a\r\n450 b\r\n", "R")]
    [TestCase(".", "354 x\r\n", "I?")]
    [TestCase(".", "421 x\r\n", "I")]
    [TestCase("MAIL", "251 x\r\n", "A")]
    [TestCase("MAIL", "550 x\r\n", "R")]
    [TestCase("MAIL", "334 x\r\n", "R")]
    [TestCase("RCPT", "259 x\r\n", "A")]
    [TestCase("RCPT", "550 x\r\n", "R")]
    [TestCase("RCPT", "600 x\r\n", "I")]
    [TestCase("RCPT", "421 x\r\n", "I")]
    [TestCase(".", "199 x\r\n", "I?")]
    public async Task Replies_are_told_apart_by_their_first_digit(string command, string reply, string expected)
    {
        (_, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(Message("body"), line => line.StartsWith(command, StringComparison.Ordinal) ? reply : MemoryServer.Accept(line));
        Assert.That(results.Values.Select(Short), Is.All.EqualTo(expected));
    }

    /// <summary>SMTP-14, SMTP-15. RFC 5321 §4.5.2, §2.3.8.</summary>
    [TestCase(".\r\n")]
    [TestCase("..\r\n.x\r\n")]
    [TestCase("a\n.\r\nMAIL FROM:<x@y.example>\r\n")]
    [TestCase("a\r.\r\nb")]
    [TestCase("a\r\n.\nb")]
    [TestCase("a\n.\nb")]
    [TestCase("a\r.\rb")]
    [TestCase("\r\n.\r\n.\r\n")]
    public async Task Dots_arrive_unchanged_and_nothing_ends_the_message_early(string body)
    {
        (MemoryServer server, _) = await SendAsync(Message(body), MemoryServer.Accept);
        string message = Encoding.Latin1.GetString(server.Messages.Single());
        string canonical = "Subject: x\r\n\r\n" + body.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Replace("\n", "\r\n", StringComparison.Ordinal);
        Assert.That(message[..^3].Replace("\r\n..", "\r\n.", StringComparison.Ordinal), Is.EqualTo(canonical.EndsWith('\n') ? canonical : canonical + "\r\n"));
        Assert.That(server.Commands.Count(line => line.StartsWith("MAIL", StringComparison.Ordinal)), Is.EqualTo(1));
    }

    /// <summary>SMTP-04, SMTP-21. RFC 5321 §4.5.3.2.6.</summary>
    [Test]
    public async Task A_message_that_went_out_whole_may_have_been_delivered_wherever_its_last_block_ends([Range(65_520, 65_545)] int length)
    {
        (MemoryServer server, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(OfLength(length), line => line == "." ? null : MemoryServer.Accept(line));
        Assert.That(server.Messages.Single(), Has.Length.EqualTo(length + 3));
        Assert.That(results.Values.Select(Short), Is.All.EqualTo("I?"));
    }

    /// <summary>SMTP-04, SMTP-21. RFC 5321 §4.5.3.2.6.</summary>
    [TestCase(1)]
    [TestCase(65_536)]
    [TestCase(131_072)]
    public async Task A_message_that_broke_off_was_not_delivered(int breaksAfter)
    {
        (MemoryServer server, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(OfLength(200_000), MemoryServer.Accept, breaksAfter);
        Assert.That(server.Messages, Is.Empty);
        Assert.That(results.Values.Select(Short), Is.All.EqualTo("I"));
    }

    /// <summary>SMTP-02, SMTP-05. RFC 5321 §4.1.1.4: the dot does not go out, so nothing was delivered.</summary>
    [TestCase("250 early", "554 no", SessionFailureKind.ProtocolViolation)]
    [TestCase("554 early", "250 ok", SessionFailureKind.ProtocolViolation)]
    [TestCase("354 again", "250 ok", SessionFailureKind.ProtocolViolation)]
    [TestCase("421 bye", "250 ok", SessionFailureKind.ServiceClosing)]
    public async Task A_reply_before_the_end_of_the_message_ends_the_session(string early, string final, SessionFailureKind kind)
    {
        (MemoryServer server, IReadOnlyDictionary<EnvelopeAddress, Handover> results) =
            await SendAsync(OfLength(200_000), line => line == "." ? final + "\r\n" : MemoryServer.Accept(line), early: early + "\r\n");
        Assert.That(server.Messages, Is.Empty);
        Assert.That(results.Values.Select(Short), Is.All.EqualTo("I"));
        Assert.That(results.Values.Select(handover => ((Handover.Interrupted)handover).Failure!.Kind), Is.All.EqualTo(kind));
    }

    /// <summary>SMTP-02. RFC 5321 §4.1.1.4: what crossed with a short message shows at QUIT, where two replies come.</summary>
    [TestCase("250 early", "554 no", "I?")]
    [TestCase("554 early", "250 ok", "I?")]
    [TestCase("451 early", "250 ok", "I?")]
    [TestCase("354 again", "250 ok", "I?")]
    [TestCase("421 bye", "250 ok", "I?")]
    [TestCase("421 bye", "554 no", "I")]
    [TestCase("250 early", "250 ok", "A")]
    public async Task A_reply_that_crossed_with_the_end_of_the_message_is_no_answer_to_it(string early, string final, string expected)
    {
        (MemoryServer server, IReadOnlyDictionary<EnvelopeAddress, Handover> results) =
            await SendAsync(Message("short"), line => line == "." ? final + "\r\n" : MemoryServer.Accept(line), early: early + "\r\n");
        Assert.That(server.Messages, Has.Count.EqualTo(1));
        Assert.That(results.Values.Select(Short), Is.All.EqualTo(expected));
    }

    /// <summary>SMTP-02, SMTP-12. RFC 5321 §4.1.1.4: nor is it an answer to the next message.</summary>
    [Test]
    public async Task A_reply_too_many_puts_every_answer_of_the_session_in_doubt()
    {
        int messages = 0;
        (_, IReadOnlyDictionary<EnvelopeAddress, Handover> results) =
            await SendAsync(Message("short"), line => line == "." && ++messages == 1 ? "554 no\r\n" : MemoryServer.Accept(line), perTransaction: 1, early: "250 early\r\n");
        Assert.That(results.Values.Select(Short), Is.EqualTo(["I?", "I"]));
    }

    /// <summary>SMTP-20. RFC 5321 §4.1.1.10.</summary>
    [TestCase("554 no\r\n")]
    [TestCase("250 bye\r\n")]
    [TestCase("what?\r\n")]
    [TestCase(null)]
    public async Task An_odd_answer_to_QUIT_changes_nothing(string? reply)
    {
        (MemoryServer server, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(Message("short"), line => line == "QUIT" ? reply : MemoryServer.Accept(line), options: new SessionOptions { QuitTimeout = TimeSpan.FromMilliseconds(100) });
        Assert.That(results.Values.Select(Short), Is.All.EqualTo("A"));
        Assert.That(server.Commands, Has.Member("QUIT"));
    }

    /// <summary>SMTP-04. RFC 5321 §4.5.3.2.6.</summary>
    [Test]
    public async Task The_shortest_message_may_have_been_delivered_too()
    {
        (MemoryServer server, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(MessageContent.From("\r\n"u8.ToArray()), line => line == "." ? null : MemoryServer.Accept(line));
        Assert.That(Encoding.ASCII.GetString(server.Messages.Single()), Is.EqualTo("\r\n.\r\n"));
        Assert.That(results.Values.Select(Short), Is.All.EqualTo("I?"));
    }

    /// <summary>SMTP-04. RFC 5321 §4.1.1.4, §4.5.3.2.6.</summary>
    [Test]
    public async Task A_message_of_no_octets_at_all_may_have_been_delivered_too()
    {
        await using var server = new MemoryServer(line => line == "." ? null : MemoryServer.Accept(line));
        await using var wire = new SmtpWire(server, new SessionOptions(), TimeProvider.System);
        byte[] reply = new byte[64];
        await wire.WriteAsync("DATA\r\n"u8.ToArray());
        Assert.That(Encoding.ASCII.GetString(reply, 0, await wire.ReadAsync(reply)), Does.StartWith("354"));
        await wire.WriteAsync(".\r\n"u8.ToArray());
        Assert.That(async () => await wire.ReadAsync(reply), Throws.InstanceOf<SmtpWireException>());
        Assert.That(wire.MayHaveBeenAccepted, Is.True);
    }

    /// <summary>SMTP-04. RFC 5321 §3.8.</summary>
    [TestCase("MAIL")]
    [TestCase("RCPT")]
    [TestCase("DATA")]
    public async Task A_connection_lost_before_the_message_delivered_nothing(string command)
    {
        (_, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(Message("body"), line => line.StartsWith(command, StringComparison.Ordinal) ? null : MemoryServer.Accept(line));
        Assert.That(results.Values.Select(Short), Is.All.EqualTo("I"));
    }

    /// <summary>EXT-05. RFC 2920 §3.1.</summary>
    [Test]
    public async Task Thousands_of_recipients_stay_within_the_window()
    {
        EnvelopeAddress[] many = [.. Enumerable.Range(0, 3000).Select(i => EnvelopeAddress.Parse($"r{i}@example.com"))];
        (MemoryServer server, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(Message("x"), MemoryServer.Accept, recipients: many, perTransaction: 10_000);
        Assert.That(server.Commands.Count(line => line.StartsWith("RCPT", StringComparison.Ordinal)), Is.EqualTo(3000));
        Assert.That(results.Values, Is.All.InstanceOf<Handover.Accepted>());
    }

    /// <summary>SMTP-12. RFC 5321 §4.5.3.1.10.</summary>
    [Test]
    public async Task Recipients_too_many_for_one_transaction_go_into_the_next()
    {
        int named = 0;
        (MemoryServer server, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(Message("x"), line =>
        {
            named = line.StartsWith("MAIL", StringComparison.Ordinal) ? 0 : line.StartsWith("RCPT", StringComparison.Ordinal) ? named + 1 : named;
            return line.StartsWith("RCPT", StringComparison.Ordinal) && named > 1 ? "452 4.5.3 too many\r\n" : MemoryServer.Accept(line);
        });
        Assert.That(server.Messages, Has.Count.EqualTo(2));
        Assert.That(results.Values, Is.All.InstanceOf<Handover.Accepted>());
    }

    /// <summary>SMTP-14, SMTP-15. RFC 5321 §4.5.2, RFC 6376 §3.4: what is stored arrives, wherever dots stand and blocks end.</summary>
    [Test]
    public async Task What_is_stored_arrives_to_the_octet([Values(0, 65_520, 65_530, 65_533, 65_534, 65_535, 65_536, 131_070)] int before, [Values(0, 1, 2, 3)] int shift)
    {
        string dots = "..\r\n.\r\n.x\r\n\r\n..\r\n" + string.Concat(Enumerable.Repeat(".\r\n", 40));
        string lines = string.Concat(Enumerable.Repeat(new string('x', 62) + "\r\n", before / 64)) + new string('y', (before % 64) + shift) + "\r\n";
        MessageContent content = Message(lines + dots);
        (MemoryServer server, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(content, MemoryServer.Accept);
        Assert.That(results.Values, Is.All.InstanceOf<Handover.Accepted>());
        string wire = Encoding.Latin1.GetString(server.Messages.Single());
        Assert.That(wire, Does.EndWith("\r\n.\r\n"));
        string received = ("\r\n" + wire[..^3]).Replace("\r\n.", "\r\n", StringComparison.Ordinal)[2..];
        Assert.That(received == Encoding.Latin1.GetString(content.Octets.Span), Is.True);
    }

    /// <summary>EXT-02, SMTP-20. RFC 2920 §3.1, RFC 5321 §4.1.1.5: RSET follows each message of a session that is to be kept, from the second on in one flight with it, and a reply too many shows there, however late it comes.</summary>
    [TestCase("250 early\r\n", "554 no\r\n", "250 ok\r\n", "221 bye\r\n", "I?")]
    [TestCase("250 early\r\n", "250 ok\r\n", "250 ok\r\n", "221 bye\r\n", "A")]
    [TestCase(null, "250 early\r\n554 no\r\n", "250 ok\r\n", "221 bye\r\n", "I?")]
    [TestCase(null, "250 early\r\n554 no\r\n", "", "250 ok\r\n221 bye\r\n", "I?")]
    [TestCase(null, "250 early\r\n", "554 late\r\n250 ok\r\n", "221 bye\r\n", "I?")]
    [TestCase(null, "250 early\r\n", "554 late\r\n", null, "I?")]
    [TestCase(null, "250 early\r\n", "554 late\r\n", "", "I?")]
    [TestCase(null, "250 early\r\n", "250 late\r\n250 ok\r\n", "221 bye\r\n", "A")]
    [TestCase(null, "550 early\r\n", "250 late\r\n250 ok\r\n", "221 bye\r\n", "I?")]
    [TestCase(null, "550 early\r\n", "250 late\r\n", "250 ok\r\n221 bye\r\n", "I?")]
    [TestCase(null, "550 no\r\n", "250 ok\r\n", "221 bye\r\n", "R")]
    [TestCase(null, "250 ok\r\n", "250 ok\r\n", "221 bye\r\n", "A")]
    [TestCase(null, "250 ok\r\n", "502 what?\r\n", "221 bye\r\n", "A")]
    [TestCase(null, "250 ok\r\n", "421 bye\r\n", null, "A")]
    [TestCase(null, "250 ok\r\n", "", null, "I?")]
    [TestCase(null, "550 no\r\n", "", null, "I?")]
    [TestCase(null, "550 early\r\n", "250 late\r\n502 what?\r\n", "221 bye\r\n", "I?")]
    [TestCase(null, "550 no\r\n", "502 what?\r\n", "221 bye\r\n", "R")]
    [TestCase(null, "421 bye\r\n", "", "", "I?")]
    [TestCase(null, "250 ok\r\n250 ok\r\n550 no\r\n", "250 ok\r\n", "221 bye\r\n", "I?")]
    [TestCase(null, "550 early\r\n", "", "", "I?")]
    [TestCase(null, "250 ok\r\n", null, null, "A")]
    [TestCase("421 bye\r\n", "250 ok\r\n", "250 ok\r\n", "221 bye\r\n", "I?")]
    [TestCase("421 bye\r\n", "250 ok\r\n", "", null, "I?")]
    [TestCase("421 bye\r\n", "554 no\r\n", "250 ok\r\n", "221 bye\r\n", "I")]
    [TestCase(null, "421 bye\r\n", null, null, "I")]
    [TestCase(null, "421 bye\r\n", "250 ok\r\n", "221 bye\r\n", "I")]
    public async Task A_message_is_confirmed_by_what_is_said_behind_it(string? early, string answer, string? reset, string? quit, string expected)
    {
        SessionOptions quick = new() { QuitTimeout = TimeSpan.FromMilliseconds(200), FinalDotTimeout = TimeSpan.FromMilliseconds(400) };
        (MemoryServer server, SmtpSession session) = await ProvenAsync(line => line switch
        {
            "." => answer,
            "RSET" => reset,
            "QUIT" => quit,
            _ => MemoryServer.Accept(line),
        }, reset is "" || quit is "" ? quick : new SessionOptions());
        await using SmtpSession kept = session;
        server.EarlyReply = early;
        Assert.That((await kept.SendAsync(Message("two"), Sender, Recipients, 100, keep: true, default)).Values.Select(Short), Is.All.EqualTo(expected));
        // In one write with the message; the first had waited for its answer.
        Assert.That(server.Writes.Count(write => write == ".\r\n"), Is.EqualTo(1));
    }

    /// <summary>SMTP-13, SMTP-20: a slip that a later part of the recipients shows puts the parts before it in doubt, unless they were confirmed.</summary>
    [TestCase("550 early\r\n250 late\r\n", "I? I? I")]
    [TestCase("250 ok\r\n", "A A A")]
    public async Task A_slip_between_the_parts_of_a_list_of_recipients_is_noticed(string answer, string expected)
    {
        int dots = 0;
        EnvelopeAddress[] three = [.. Enumerable.Range(0, 3).Select(i => EnvelopeAddress.Parse($"r{i}@example.com"))];
        (MemoryServer _, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(
            Message("short"), line => line == "." && dots++ == 0 ? answer : MemoryServer.Accept(line), recipients: three, perTransaction: 2);
        Assert.That(string.Join(' ', three.Select(one => Short(results[one]))), Is.EqualTo(expected));
    }

    /// <summary>SMTP-13. RFC 2920 §3.1: a reply that does not come may have been the first of those that were sent for together.</summary>
    [Test]
    public async Task A_refusal_is_nobodys_where_a_reply_of_the_same_group_is_missing()
    {
        (MemoryServer _, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(
            Message("short"), line => line.StartsWith("RCPT", StringComparison.Ordinal) ? line.Contains(Recipients[0].ToString(), StringComparison.Ordinal) ? "" : "550 no\r\n" : MemoryServer.Accept(line),
            options: new SessionOptions { RcptTimeout = TimeSpan.FromMilliseconds(200) });
        Assert.That(results.Values.Select(Short), Is.All.EqualTo("I"));
    }

    /// <summary>SMTP-20: a server that answers RSET but not the message would have the one taken for the other, so the first RSET waits.</summary>
    [Test]
    public async Task A_message_without_an_answer_is_not_confirmed_by_RSET()
    {
        (MemoryServer server, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(
            Message("short"), line => line == "." ? "" : MemoryServer.Accept(line), keep: true, options: new SessionOptions { FinalDotTimeout = TimeSpan.FromMilliseconds(200) });
        Assert.That(results.Values.Select(Short), Is.All.EqualTo("I?"));
        Assert.That(server.Commands, Has.No.Member("RSET"));
    }

    /// <summary>EXT-01. RFC 2920 §3.1: where the server does not pipeline, RSET waits for the answer to the message.</summary>
    [TestCase("250 ok\r\n", "250 ok\r\n", "A")]
    [TestCase("250 early\r\n554 no\r\n", "250 ok\r\n", "I?")]
    [TestCase("250 early\r\n", "554 late\r\n250 ok\r\n", "I?")]
    public async Task Without_pipelining_RSET_waits_for_the_answer(string answer, string reset, string expected)
    {
        (MemoryServer server, IReadOnlyDictionary<EnvelopeAddress, Handover> results) = await SendAsync(Message("short"), line => line switch
        {
            "." => answer,
            "RSET" => reset,
            _ => line.StartsWith("EHLO", StringComparison.Ordinal) ? "250-mem.example\r\n250 8BITMIME\r\n" : MemoryServer.Accept(line),
        }, keep: true);
        Assert.That(results.Values.Select(Short), Is.All.EqualTo(expected));
        Assert.That(server.Writes, Has.Member(".\r\n"), "nothing stands behind the message in its write");
        Assert.That(server.Writes[^1], Is.EqualTo(answer.Contains("554", StringComparison.Ordinal) ? ".\r\n" : "RSET\r\n"));
    }

    /// <summary>EXT-02, EXT-06. RFC 3030 §2: each later message is confirmed like the first, though its chunk has no answer of its own before it.</summary>
    [TestCase("250 ok\r\n", "250 ok\r\n", "A")]
    [TestCase("554 no\r\n", "250 ok\r\n", "R")]
    [TestCase("250 early\r\n554 no\r\n", "250 ok\r\n", "I?")]
    [TestCase("250 early\r\n", "554 late\r\n250 ok\r\n", "I?")]
    [TestCase("550 early\r\n", "250 late\r\n250 ok\r\n", "I?")]
    public async Task A_message_on_a_kept_session_is_confirmed_too(string answer, string reset, string expected)
    {
        (MemoryServer server, SmtpSession session) = await ProvenAsync(line => line switch
        {
            "." => answer,
            "RSET" => reset,
            _ => MemoryServer.Accept(line),
        });
        await using SmtpSession kept = session;
        Assert.That((await session.SendAsync(Message("two"), Sender, [Recipients[0]], 100, keep: true, default)).Values.Select(Short), Is.All.EqualTo(expected));
        Assert.That(server.Commands.Count(line => line.StartsWith("BDAT", StringComparison.Ordinal)), Is.EqualTo(1));
        // A refusal is confirmed by QUIT.
        Assert.That(session.IsReusable, Is.EqualTo(expected is "A"));
    }

    /// <summary>EXT-06. RFC 3030 §2: among several recipients a reply too many would give one the answer to another, unless DATA's own reply stood behind them.</summary>
    [Test]
    public async Task Several_recipients_are_never_served_by_BDAT()
    {
        (MemoryServer server, SmtpSession session) = await ProvenAsync(line => MemoryServer.Accept(line) + (line.StartsWith("MAIL", StringComparison.Ordinal) ? "250 again\r\n" : ""));
        await using SmtpSession kept = session;
        Assert.That((await session.SendAsync(Message("two"), Sender, Recipients, 100, keep: true, default)).Values.Select(Short), Is.All.EqualTo("I"));
        Assert.That(server.Messages, Has.Count.EqualTo(1));
    }

    /// <summary>A session over which one message has gone well; from then on the server answers as it is told.</summary>
    private static async Task<(MemoryServer Server, SmtpSession Session)> ProvenAsync(Func<string, string?> answer, SessionOptions? options = null)
    {
        bool isProven = false;
        var server = new MemoryServer(line => isProven ? answer(line) : MemoryServer.Accept(line).Replace("8BITMIME", "CHUNKING\r\n250-8BITMIME", StringComparison.Ordinal));
        SmtpSession session = await StartAsync(server, options);
        Assert.That((await session.SendAsync(Message("one"), Sender, Recipients, 100, keep: true, default)).Values.Select(Short), Is.All.EqualTo("A"));
        Assert.That(session.IsReusable, Is.True);
        isProven = true;
        return (server, session);
    }

    /// <summary>Simulated clocks are set back by years, and no timer may break on it.</summary>
    [Test]
    public void A_deadline_outlives_a_clock_that_is_set_back()
    {
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        using var deadline = new Deadline(clock);
        clock.Advance(TimeSpan.FromDays(400));
        using Deadline.Step step = deadline.Begin(TimeSpan.FromSeconds(5), CancellationToken.None);
        clock.AdjustTime(clock.GetUtcNow().AddDays(-400));
        Assert.That(() => clock.Advance(TimeSpan.FromHours(3)), Throws.Nothing);
        Assert.That(deadline.HasPassed, Is.False);
        clock.Advance(TimeSpan.FromDays(401));
        Assert.That(deadline.HasPassed, Is.True);
    }

    private static string Short(Handover handover) => handover switch
    {
        Handover.Accepted => "A",
        Handover.Refused => "R",
        Handover.Interrupted { MayHaveBeenDelivered: true } => "I?",
        _ => "I",
    };

    private static MessageContent Message(string body) => MessageContent.From(Encoding.Latin1.GetBytes("Subject: x\r\n\r\n" + body));

    private static MessageContent OfLength(int length)
    {
        var text = new StringBuilder("Subject: x\r\n\r\n");
        while (length - text.Length > 80)
        {
            text.Append('b', 62).Append("\r\n");
        }

        text.Append('c', length - text.Length - 2).Append("\r\n");
        return MessageContent.From(Encoding.ASCII.GetBytes(text.ToString()));
    }

    private static async Task<(SmtpReply? Reply, SessionFailure? Failure)> ReadAsync(string text, int pieceSize = 1000)
    {
        await using var server = new MemoryServer(MemoryServer.Accept);
        server.Say(text, pieceSize);
        server.HangUp();
        await using var wire = new SmtpWire(server, new SessionOptions(), TimeProvider.System);
        try
        {
            return (await wire.ReadReplyAsync(SmtpPhase.Greeting, default), null);
        }
        catch (SmtpWireException failed)
        {
            return (null, failed.Failure);
        }
    }

    private static async Task<SmtpSession> StartAsync(MemoryServer server, SessionOptions? options = null)
    {
        var wire = new SmtpWire(server, options ?? new SessionOptions(), TimeProvider.System);
        var candidate = new MxCandidate(DomainName.Parse("mx.example"), null, 0, 25);
        var session = new SmtpSession(wire, candidate, new IPEndPoint(IPAddress.Loopback, 25), null, TlsObservation.Without(StartTlsStep.NotOffered, ""), "client.example");
        Assert.That(await session.StartAsync(default), Is.Null);
        return session;
    }

    private static async Task<(MemoryServer Server, IReadOnlyDictionary<EnvelopeAddress, Handover> Results)> SendAsync(
        MessageContent content, Func<string, string?> answer, int breaksAfter = int.MaxValue, EnvelopeAddress[]? recipients = null, int perTransaction = 100,
        string? early = null, SessionOptions? options = null, bool keep = false)
    {
        var server = new MemoryServer(answer) { BreaksAfter = breaksAfter, EarlyReply = early };
        await using SmtpSession session = await StartAsync(server, options);
        return (server, await session.SendAsync(content, Sender, recipients ?? Recipients, perTransaction, keep, default));
    }
}
