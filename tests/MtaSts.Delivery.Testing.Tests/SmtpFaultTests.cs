using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

internal sealed class SmtpFaultTests : InternetFixture
{
    private static readonly SmtpPhase[] Replies = [.. Enum.GetValues<SmtpPhase>().Where(phase => phase is not (SmtpPhase.Connect or SmtpPhase.Content))];
    private static readonly SmtpPhase[] Phases = Enum.GetValues<SmtpPhase>();

    private FakeMxHost Mx => Internet.MxHost("mx1.example.test");

    [TestCaseSource(nameof(Replies))]
    public async Task A_reply_can_be_replaced_in_each_phase(SmtpPhase phase)
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.On(phase, SmtpFault.Reply("451-4.7.1 not now", "451 4.7.1 later")));

        Assert.That(await GoToAsync(client, phase), Is.EqualTo("451-4.7.1 not now\n451 4.7.1 later"));
        Assert.That(Mx.Messages, Is.Empty);
    }

    [TestCaseSource(nameof(Phases))]
    public async Task The_connection_can_end_with_a_fin_in_each_phase(SmtpPhase phase)
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.On(phase, SmtpFault.Drop));

        Assert.That(await GoToAsync(client, phase), Is.Empty);
        Assert.That(Mx.Messages, Is.Empty);
    }

    [TestCaseSource(nameof(Phases))]
    public async Task The_connection_can_be_reset_in_each_phase(SmtpPhase phase)
    {
        Mx.On(phase, SmtpFault.Reset);

        Exception reset = (await Assert.CatchAsync<Exception>(async () =>
        {
            // A reset before the greeting may well arrive while the client is still connecting.
            await using SmtpTestClient client = await ConnectAsync(Mx);
            await GoToAsync(client, phase);
        }))!;
        Assert.That((reset as SocketException ?? (SocketException)reset.InnerException!).SocketErrorCode, Is.EqualTo(SocketError.ConnectionReset));
    }

    [TestCaseSource(nameof(Phases))]
    public async Task A_stall_runs_into_the_clients_deadline_within_an_instant(SmtpPhase phase)
    {
        DateTimeOffset before = Internet.Clock.GetUtcNow();
        await using SmtpTestClient client = await ConnectAsync(Mx.On(phase, SmtpFault.Stall));

        await Assert.ThrowsAsync<TimeoutException>(() => GoToAsync(client, phase));
        Assert.That(Internet.Clock.GetUtcNow() - before, Is.InRange(TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(6)));
    }

    [TestCaseSource(nameof(Replies))]
    public async Task A_flood_has_no_end(SmtpPhase phase)
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.On(phase, SmtpFault.Flood));

        await Assert.ThrowsAsync<InvalidDataException>(() => GoToAsync(client, phase));
    }

    [TestCaseSource(nameof(Replies))]
    public async Task A_drip_runs_into_the_clients_deadline(SmtpPhase phase)
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.On(phase, SmtpFault.Drip(1000, TimeSpan.FromSeconds(10))));

        await Assert.ThrowsAsync<TimeoutException>(() => GoToAsync(client, phase));
    }

    [Test]
    public async Task A_dripped_reply_arrives_whole_if_the_client_waits_long_enough()
    {
        DateTimeOffset before = Internet.Clock.GetUtcNow();
        await using SmtpTestClient client = await ConnectAsync(Mx.On(SmtpPhase.Greeting, SmtpFault.Drip("220 hi", TimeSpan.FromSeconds(1))));

        Assert.That(await client.HelloAsync(), Does.StartWith("250"));
        Assert.That(Internet.Clock.GetUtcNow() - before, Is.InRange(TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(38)));
    }

    [Test]
    public async Task A_delayed_reply_takes_its_simulated_time()
    {
        DateTimeOffset before = Internet.Clock.GetUtcNow();
        await using SmtpTestClient client = await ConnectAsync(Mx.On(SmtpPhase.FinalDot, SmtpFault.Delay(TimeSpan.FromMinutes(4))));

        Assert.That(await GoToAsync(client, SmtpPhase.FinalDot), Does.StartWith("250"));
        Assert.That(Internet.Clock.GetUtcNow() - before, Is.InRange(TimeSpan.FromMinutes(4), TimeSpan.FromMinutes(4.5)));
        Assert.That(Mx.Messages, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Garbage_is_no_reply_and_the_clock_runs_while_the_client_wonders()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.On(SmtpPhase.Mail, SmtpFault.Garbage));

        Assert.That(await GoToAsync(client, SmtpPhase.Mail), Does.StartWith("\0"));
        await Assert.ThrowsAsync<TimeoutException>(() => client.ReadReplyAsync());
        Assert.That(await client.SayAsync("NOOP"), Does.StartWith("250"));
    }

    [Test]
    public async Task A_reply_without_a_last_line_keeps_the_client_waiting()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.On(SmtpPhase.Mail, SmtpFault.Raw("250-more\r\n")));

        await Assert.ThrowsAsync<TimeoutException>(() => GoToAsync(client, SmtpPhase.Mail));
    }

    [Test]
    public async Task A_421_can_end_the_session()
    {
        await using SmtpTestClient client = await ConnectAsync(Mx.On(SmtpPhase.Rcpt, SmtpFault.Reply("421 4.3.2 closing").ThenDrop()));

        Assert.That(await GoToAsync(client, SmtpPhase.Rcpt), Is.EqualTo("421 4.3.2 closing"));
        Assert.That(await client.ReadReplyAsync(), Is.Empty);
    }

    [Test]
    public async Task Faults_of_one_phase_take_their_turns()
    {
        Mx.On(SmtpPhase.Mail, SmtpFault.Reply("451 one").Times(1).After(1)).On(SmtpPhase.Mail, SmtpFault.Reply("550 two").Times(2));
        await using SmtpTestClient client = await ConnectAsync(Mx);
        await client.HelloAsync();

        var replies = new List<string>();
        for (int i = 0; i < 5; i++)
        {
            replies.Add((await client.SayAsync("MAIL FROM:<>"))[..3]);
            await client.SayAsync("RSET");
        }

        Assert.That(replies, Is.EqualTo(new[] { "550", "451", "550", "250", "250" }));
    }

    [Test]
    public void A_fault_that_would_never_have_its_turn_is_refused()
    {
        Mx.On(SmtpPhase.Mail, SmtpFault.Drop);

        InvalidOperationException refused = Assert.Throws<InvalidOperationException>(() => Mx.On(SmtpPhase.Mail, SmtpFault.Reset))!;
        Assert.That(refused.Message, Does.Contain("Mail of mx1.example.test").And.Contain("Times(n)"));
    }

    [Test]
    public async Task A_connection_can_be_refused_once()
    {
        Mx.On(SmtpPhase.Connect, SmtpFault.RefuseConnection.Times(1));

        Assert.That(await TryConnectAsync(Mx.Addresses[0]), Is.EqualTo(SocketError.ConnectionRefused));
        Assert.That(await TryConnectAsync(Mx.Addresses[0]), Is.Null);
        Assert.Throws<InvalidOperationException>(() => Mx.On(SmtpPhase.Mail, SmtpFault.RefuseConnection));
    }

    [Test]
    [Platform(Exclude = "Win")]
    public async Task A_black_hole_never_answers_and_the_clients_deadline_comes()
    {
        Mx.On(SmtpPhase.Connect, SmtpFault.BlackHole);
        for (int i = 0; i < 3; i++)
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            using var deadline = new CancellationTokenSource(TimeSpan.FromMinutes(2), Internet.Clock);

            await Assert.CatchAsync<OperationCanceledException>(
                async () => await socket.ConnectAsync(Internet.Map(new IPEndPoint(Mx.Addresses[0], 25)), deadline.Token));
        }

        Assert.That(Mx.Sessions, Is.Empty);
    }

    [Test]
    public async Task Time_stands_still_when_the_pump_is_off()
    {
        Internet.PumpsClock = false;
        DateTimeOffset before = Internet.Clock.GetUtcNow();
        await using SmtpTestClient client = await ConnectAsync(Mx.On(SmtpPhase.Greeting, SmtpFault.Delay(TimeSpan.FromSeconds(30))));
        Task<string> greeting = client.ReadReplyAsync();

        await using SmtpTestClient other = await ConnectAsync(Internet.MxHost("mx2.example.test"));
        await other.SecureHelloAsync("mx2.example.test");
        Assert.That((greeting.IsCompleted, Internet.Clock.GetUtcNow()), Is.EqualTo((false, before)));
        Internet.PumpsClock = true;
        Assert.That(await greeting, Does.StartWith("220"));
        Assert.That(Internet.Clock.GetUtcNow(), Is.InRange(before.AddSeconds(30), before.AddSeconds(60)));
    }

    /// <summary>Leads an ordinary session as far as a phase; the reply to that phase.</summary>
    private static async Task<string> GoToAsync(SmtpTestClient client, SmtpPhase phase)
    {
        if (phase is SmtpPhase.Connect or SmtpPhase.Greeting)
        {
            return await client.ReadReplyAsync();
        }

        await client.ReadReplyAsync();
        foreach ((SmtpPhase at, string line) in Steps(phase))
        {
            string reply = await client.SayAsync(line);
            if (at == phase)
            {
                return reply;
            }

            if (at == SmtpPhase.StartTls)
            {
                await client.HandshakeAsync("mx1.example.test");
            }
        }

        throw new ArgumentOutOfRangeException(nameof(phase));
    }

    private static IEnumerable<(SmtpPhase At, string Line)> Steps(SmtpPhase phase) => phase switch
    {
        SmtpPhase.Ehlo => [(SmtpPhase.Ehlo, "EHLO client.test")],
        SmtpPhase.Helo => [(SmtpPhase.Helo, "HELO client.test")],
        SmtpPhase.Quit => [(SmtpPhase.Ehlo, "EHLO client.test"), (SmtpPhase.Quit, "QUIT")],
        SmtpPhase.Reset => [(SmtpPhase.Ehlo, "EHLO client.test"), (SmtpPhase.Reset, "RSET")],
        _ =>
        [
            (SmtpPhase.Ehlo, "EHLO client.test"),
            (SmtpPhase.StartTls, "STARTTLS"),
            (SmtpPhase.EhloAfterTls, "EHLO client.test"),
            (SmtpPhase.Mail, "MAIL FROM:<a@sender.test>"),
            (SmtpPhase.Rcpt, "RCPT TO:<b@example.test>"),
            (SmtpPhase.Data, "DATA"),
            (phase == SmtpPhase.Content ? SmtpPhase.Content : SmtpPhase.FinalDot, phase == SmtpPhase.Content ? "Subject: x" : "Subject: x\r\n\r\nbody\r\n."),
        ],
    };
}
