using System.Net;
using System.Net.Sockets;
using System.Text;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.SmtpDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Servers that mean harm, or have lost their minds. RFC 5321 §7.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class HostileServerTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Mx1 = "mx1.example.test";
    private const string Mx2 = "mx2.example.test";
    private static readonly string[] Three = [One, "c@example.test", "d@example.test"];

    /// <summary>SMTP-19. A reply that never ends is cut off.</summary>
    [TestCase(SmtpPhase.Greeting)]
    [TestCase(SmtpPhase.Ehlo)]
    [TestCase(SmtpPhase.StartTls)]
    [TestCase(SmtpPhase.EhloAfterTls)]
    [TestCase(SmtpPhase.Mail)]
    [TestCase(SmtpPhase.Rcpt)]
    [TestCase(SmtpPhase.Data)]
    public async Task A_flood_of_reply_lines_leads_to_the_next_host(SmtpPhase phase)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).On(phase, SmtpFault.Flood);
        DeliveryResult result = await internet.SendAsync();
        Assert.That(result.Delivered().MxHost, Is.EqualTo(Mx2));
        Assert.That(result.Elapsed, Is.LessThan(TimeSpan.FromMinutes(1)));
    }

    /// <summary>SMTP-19. A line that never ends is cut off, long before it fills the memory.</summary>
    [Test]
    public async Task A_greeting_of_a_hundred_megabytes_is_read_no_further_than_the_limit()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        long sent = 0;
        using var server = new RawServer(async stream =>
        {
            byte[] block = new byte[1024 * 1024];
            Array.Fill(block, (byte)'2');
            for (int i = 0; i < 100; i++, sent += block.Length)
            {
                await stream.WriteAsync(block);
            }
        });
        RecipientOutcome.Deferred deferred = (await internet.SendAsync(configure: server.Stand)).Deferred();
        await server.Ended;
        Assert.That(deferred.Failure, Is.EqualTo(FailureCode.ProtocolViolation));
        Assert.That(sent, Is.LessThan(32L * 1024 * 1024), "what the buffers of two sockets hold");
    }

    /// <summary>SMTP-19. The lines of a reply are counted, too.</summary>
    [TestCase(999, true)]
    [TestCase(1200, false)]
    public async Task A_reply_of_very_many_short_lines_is_refused(int lines, bool delivered)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Mail, SmtpFault.Reply([.. Enumerable.Repeat("250-", lines), "250 ok"]));
        Assert.That((await internet.SendAsync()).AllDelivered, Is.EqualTo(delivered));
    }

    /// <summary>SMTP-02. RFC 5321 §4.2: the lines of a reply have one code, and no control characters.</summary>
    [TestCase("250-a\r\n550 b\r\n")]
    [TestCase("250-a\r\n251 b\r\n")]
    [TestCase("550-a\r\n250 b\r\n")]
    [TestCase("250-a\r\nb\r\n250 c\r\n")]
    [TestCase("\0\r\n")]
    [TestCase("250\0ok\r\n")]
    [TestCase("25\u0660 ok\r\n")]
    [TestCase(" 250 ok\r\n")]
    [TestCase("\r\n250 ok\r\n")]
    public async Task A_reply_that_is_not_SMTP_leads_to_the_next_host(string reply)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).On(SmtpPhase.Rcpt, SmtpFault.Raw(reply));
        DeliveryResult result = await internet.SendAsync(Three);
        Assert.That(result.Outcomes.Select(outcome => (outcome is RecipientOutcome.Delivered, outcome.MxHost)), Has.All.EqualTo((true, Mx2)));
        Assert.That(internet.Messages, Has.Count.EqualTo(1));
    }

    /// <summary>SMTP-19. A server's text reaches logs without control characters.</summary>
    [Test]
    public async Task Control_characters_in_a_reply_are_shown_harmlessly()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Rcpt, SmtpFault.Raw("550 5.1.1 \0\u001b[31mred\r\u0085\r\n"));
        RecipientOutcome.Failed failed = (await internet.SendAsync()).Failed();
        Assert.That(failed.Reply!.ToString() + failed.Explanation, Does.Not.Match(@"\p{Cc}"));
        Assert.That(failed.Status.ToString(), Is.EqualTo("5.1.1"));
    }

    /// <summary>SMTP-02, EXT-02. RFC 2920 §3.1: nobody is told the answer to somebody else.</summary>
    [TestCase(SmtpPhase.EhloAfterTls, true)]
    [TestCase(SmtpPhase.EhloAfterTls, false)]
    [TestCase(SmtpPhase.Mail, true)]
    [TestCase(SmtpPhase.Mail, false)]
    [TestCase(SmtpPhase.Rcpt, true)]
    [TestCase(SmtpPhase.Rcpt, false)]
    [TestCase(SmtpPhase.Data, true)]
    public async Task Two_replies_to_one_command_never_slip(SmtpPhase phase, bool pipelining)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        string[] capabilities = pipelining ? ["PIPELINING"] : [];
        string[] twice = phase switch
        {
            SmtpPhase.EhloAfterTls => ["250-x", .. capabilities.Select(one => "250-" + one), "250 x", "250 again"],
            SmtpPhase.Data => ["354 go", "250 taken"],
            _ => ["250 ok", "250 again"],
        };
        FakeMxHost odd = internet.MxHost(Mx1).Capabilities(capabilities).On(phase, SmtpFault.Reply(twice).Times(1));
        if (phase is not SmtpPhase.Data)
        {
            odd.OnRecipient("c@example.test", SmtpFault.Reply("550 5.1.1 nobody"));
        }

        DeliveryResult result = await internet.SendAsync(Three);
        Assert.That(odd.Messages, Is.Empty);
        Assert.That(result.Outcomes.Select(outcome => (outcome is RecipientOutcome.Delivered, outcome.MxHost)), Has.All.EqualTo((true, Mx2)), string.Join("\n", result.Outcomes.Select(outcome => outcome.Explanation)));
    }

    /// <summary>SMTP-02, SMTP-05. RFC 5321 §4.1.1.4: the answer to a message comes behind its end.</summary>
    [TestCase("250 early", "554 5.7.1 no")]
    [TestCase("554 early", "250 ok")]
    [TestCase("354 again", "250 ok")]
    [TestCase("421 bye", "250 ok")]
    public async Task A_reply_before_the_end_of_the_message_is_not_taken_for_its_answer(string early, string final)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).On(SmtpPhase.Content, SmtpFault.Reply(early).Times(1)).On(SmtpPhase.FinalDot, SmtpFault.Reply(final));
        RecipientOutcome.Deferred deferred = (await internet.SendAsync()).Deferred();
        Assert.That((deferred.Failure, deferred.MayHaveBeenDelivered), Is.EqualTo((FailureCode.FinalReplyLost, true)), "what crossed with the end of a short message");

        // It comes octet by octet, and the host takes no content meanwhile: so there is more to send when it is there.
        internet.MxHost(Mx1).On(SmtpPhase.Content, SmtpFault.Drip(early, TimeSpan.FromSeconds(1)));
        string message = LongMessage;
        deferred = (await internet.SendAsync(message: message)).Deferred();
        Assert.That((deferred.Failure, deferred.MayHaveBeenDelivered), Is.EqualTo((early[0] == '4' ? FailureCode.ServiceClosing : FailureCode.ProtocolViolation, false)), "what came in the middle of a long one: " + deferred.Explanation);
        Assert.That(internet.Messages.Count(taken => taken.Content.Length == message.Length), Is.Zero);
    }

    /// <summary>EXT-02. RFC 2920 §3.1: nor does a reply too many slip when the last recipient is the refused one.</summary>
    [Test]
    public async Task A_reply_too_many_does_not_turn_the_last_refusal_into_one_of_the_message()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1, Mx2);
        internet.MxHost(Mx1).Capabilities("PIPELINING").On(SmtpPhase.Mail, SmtpFault.Reply("250 ok", "250 again"))
            .OnRecipient("d@example.test", SmtpFault.Reply("550 5.1.1 nobody"));
        DeliveryResult result = await internet.SendAsync(Three);
        Assert.That(result.Outcomes.Select(outcome => (outcome is RecipientOutcome.Delivered, outcome.MxHost)), Has.All.EqualTo((true, Mx2)), string.Join("\n", result.Outcomes.Select(outcome => outcome.Explanation)));
    }

    /// <summary>EXT-02. RFC 2920 §3.1: replies are matched by count.</summary>
    [Test]
    public async Task The_right_recipient_is_blamed_in_a_pipelined_group()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        internet.MxHost(Mx1).Capabilities("PIPELINING").OnRecipient(One, SmtpFault.Reply("550 5.1.1 c@example.test is unknown"));
        DeliveryResult result = await internet.SendAsync(Three);
        result.Failed();
        result.Delivered("c@example.test");
        result.Delivered("d@example.test");
    }

    /// <summary>EXT-01. RFC 2920 §3.1.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task Commands_are_pipelined_only_when_the_EHLO_under_TLS_offers_it(bool offered)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Enforced(Mx1);
        FakeMxHost host = internet.MxHost(Mx1).CapabilitiesBeforeTls("PIPELINING").CapabilitiesAfterTls(offered ? ["PIPELINING"] : []).On(SmtpPhase.Mail, SmtpFault.Reply("451 later"));
        (await internet.SendAsync()).Deferred();
        Assert.That(host.Sessions.Single().Commands.Contains("RCPT"), Is.EqualTo(offered), "RCPT goes out before the reply to MAIL only in a group");
    }

    /// <summary>EXT-04. RFC 2920 §3.1.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task EHLO_DATA_and_QUIT_end_a_group(bool pipelining)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        var groups = new List<string>();
        using var server = new RawServer(async stream => await ServeAsync(stream, pipelining ? "250-x\r\n250 PIPELINING\r\n" : "250 x\r\n", groups));
        DeliveryResult result = await internet.SendAsync(Three, configure: server.Stand);
        await server.Ended;
        Assert.That(result.AllDelivered, Is.True);
        Assert.That(groups, Has.None.Match(@"(?s)(EHLO|DATA|QUIT|STARTTLS)[^\r]*\r\n."));
        Assert.That(groups.Any(group => group.StartsWith("MAIL", StringComparison.Ordinal) && group.Contains("RCPT", StringComparison.Ordinal)), Is.EqualTo(pipelining));
    }

    /// <summary>SMTP-06, SMTP-21. RFC 5321 §4.5.3.2.5: a server that stops reading in the middle of the message.</summary>
    [TestCase(true)]
    [TestCase(false)]
    public async Task A_server_that_takes_no_more_content_is_given_up_and_has_certainly_not_got_the_message(bool byTheCaller)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Hosts(Mx1);
        var stuck = new TaskCompletionSource();
        using var release = new CancellationTokenSource();
        using var server = new RawServer(async stream =>
        {
            await ServeAsync(stream, "250 x\r\n", []);
            stuck.SetResult();
            await Task.Delay(Timeout.Infinite, release.Token).ContinueWith(_ => { }, TaskScheduler.Default);
        });
        using var caller = new CancellationTokenSource();
        string message = LongMessage + LongMessage;
        Task<DeliveryResult> delivery = internet.SendAsync(message: message, configure: server.Stand, cancellationToken: caller.Token);
        await stuck.Task;
        if (byTheCaller)
        {
            await caller.CancelAsync();
            DeliveryCanceledException? cancelled = await Assert.ThrowsAsync<DeliveryCanceledException>(() => delivery);
            Assert.That((cancelled!.Result.Deferred().Failure, cancelled.Result.Deferred().MayHaveBeenDelivered), Is.EqualTo((FailureCode.Cancelled, false)));
        }
        else
        {
            await Patience.UntilAsync(() => delivery.IsCompleted, () => internet.Clock.Advance(TimeSpan.FromSeconds(10)));
            DeliveryResult result = await delivery;
            Assert.That((result.Deferred().Failure, result.Deferred().MayHaveBeenDelivered), Is.EqualTo((FailureCode.SessionTimeout, false)));
        }

        await release.CancelAsync();
    }

    /// <summary>Speaks plain SMTP, and notes what comes in one piece; returns at the first piece of a message that is longer than one piece, or after QUIT.</summary>
    private static async Task ServeAsync(NetworkStream stream, string ehlo, List<string> groups)
    {
        byte[] buffer = new byte[16 * 1024];
        bool inContent = false;
        await stream.WriteAsync("220 x\r\n"u8.ToArray());
        for (int count; (count = await stream.ReadAsync(buffer)) > 0;)
        {
            string group = Encoding.ASCII.GetString(buffer, 0, count);
            if (inContent)
            {
                int end = group.IndexOf("\r\n.\r\n", StringComparison.Ordinal);
                if (end < 0)
                {
                    return;
                }

                inContent = false;
                await stream.WriteAsync("250 taken\r\n"u8.ToArray());
                // The content may begin a group. RFC 2920 §3.1.
                group = group[(end + 5)..];
            }

            groups.Add(group);
            foreach (string command in group.Split("\r\n", StringSplitOptions.RemoveEmptyEntries))
            {
                string reply = command[..4] switch { "EHLO" => ehlo, "DATA" => "354 go\r\n", "QUIT" => "221 bye\r\n", _ => "250 ok\r\n" };
                inContent = command == "DATA";
                await stream.WriteAsync(Encoding.ASCII.GetBytes(reply));
            }
        }
    }

    /// <summary>A server for one connection, for what no fake host does; it plays every address.</summary>
    private sealed class RawServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public RawServer(Func<NetworkStream, Task> serve)
        {
            _listener.Start();
            Ended = RunAsync(serve);
        }

        public Task Ended { get; }

        public void Stand(MailDelivererOptions options)
        {
            var here = (IPEndPoint)_listener.LocalEndpoint;
            options.Network.EndPointMap = _ => here;
        }

        public void Dispose() => _listener.Dispose();

        private async Task RunAsync(Func<NetworkStream, Task> serve)
        {
            try
            {
                using TcpClient client = await _listener.AcceptTcpClientAsync();
                await serve(client.GetStream());
            }
            catch (Exception gone) when (gone is IOException or SocketException or ObjectDisposedException)
            {
                // The client hung up, or nobody came.
            }
        }
    }
}
