using System.Text;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using MtaSts.Delivery.Cli.Commands;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Sqlite;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary><c>queue</c>: what an operator sees of a queue and does with it.</summary>
[FixtureLifeCycle(LifeCycle.InstancePerTestCase)]
public sealed class QueueTests : IDisposable
{
    private static readonly MessageContent Message = MessageContent.From(Encoding.UTF8.GetBytes("From: noreply@shop.example\r\nSubject: Your code\r\n\r\n4711\r\n"));

    private FakeInternet _internet = null!;
    private readonly TestFolder _folder = new();
    private string _store = "";

    [SetUp]
    public async Task Start()
    {
        _internet = await FakeInternet.StartAsync();
        _store = Path.Combine(_folder.Path, "queue.db");
        _internet.Domain("good.test").Mx(10, "mx1.good.test").Policy(PolicyMode.Enforce, "*.good.test");
        _internet.Domain("bad.test").Mx(10, "mx1.bad.test").Policy(PolicyMode.Enforce, "*.bad.test").PolicyId("20260115");
        _internet.MxHost("mx1.bad.test").Certificate(certificate => certificate.Expired());
        _internet.Domain("shop.example").Mx(10, "mx1.shop.example");
    }

    [TearDown]
    public async Task Stop() => await _internet.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Test]
    public async Task An_empty_queue_is_said_to_be_so()
    {
        await EnqueueAsync("jane@good.test");
        await RunAsync("cancel", "--all");
        Assert.That((await RunAsync("list")).Out, Is.EqualTo("The queue is empty.\n"));
        Assert.That((await RunAsync("stats")).Out, Is.EqualTo("The queue is empty.\n"));
        Assert.That((await RunAsync("list", "--json")).Out, Is.Empty);
    }

    [Test]
    public async Task Messages_are_listed_and_shown()
    {
        QueueId first = await EnqueueAsync("jane@good.test", "joe@bad.test"), second = await EnqueueAsync("jim@good.test");
        Assert.That((await RunAsync("list")).Out, Is.EqualTo($"""
            {first}  from noreply@shop.example, taken 2026-01-15 12:00 UTC
                  to good.test, bad.test; 0 tries; next 2026-01-15 12:00 UTC
            {second}  from noreply@shop.example, taken 2026-01-15 12:00 UTC
                  to good.test; 0 tries; next 2026-01-15 12:00 UTC

            """.ReplaceLineEndings("\n")));
        Assert.That((await RunAsync("list", "--limit", "1")).Out, Does.EndWith("1 messages are listed, and there are more: see --limit.\n"));
        Assert.That((await RunAsync("list", "--json", "--destination", "BAD.test")).Objects.Select(one => one.GetProperty("id").GetInt64()), Is.EqualTo([first.Value]));
        JsonElement line = (await RunAsync("list", "--json", "--recipient", "jim@good.test")).Objects.Single();
        Assert.That(line.ToString(), Does.StartWith($$"""{"id":{{second}},"sender":"noreply@shop.example","size":{{Message.Octets.Length}},"priority":"normal","tag":null,"isNotice":false,"arrivedAt":"2026-01-15T12:00:00"""));
        Ran shown = await RunAsync("show", first.ToString());
        Assert.That(shown.Lines[^2..], Is.EqualTo((string[])["  jane@good.test  waiting, 0 tries, next 2026-01-15 12:00 UTC", "  joe@bad.test  waiting, 0 tries, next 2026-01-15 12:00 UTC"]));
        Assert.That((await RunAsync("show", "--json", first.ToString())).Objects.Single().GetProperty("recipients").EnumerateArray().Select(one => one.GetProperty("state").GetString()), Is.EqualTo((string[])["waiting", "waiting"]));
        Assert.That((await RunAsync("show", "--message", first.ToString())).Out, Is.EqualTo(Encoding.UTF8.GetString(Message.Octets.Span)));
    }

    [Test]
    public async Task What_is_not_in_the_queue_is_told_and_is_a_finding()
    {
        await EnqueueAsync("jane@good.test");
        Ran show = await RunAsync("show", "999"), message = await RunAsync("show", "--message", "999"), retry = await RunAsync("retry", "999");
        Assert.That((show.Code, message.Code, retry.Code), Is.EqualTo((1, 1, 1)));
        Assert.That(show.Error, Is.EqualTo("999: there is no such message in the queue: it was never there, or it is delivered, bounced or cancelled.\n"));
        Assert.That((message.Error, retry.Error), Is.EqualTo((show.Error, show.Error)));
    }

    [Test]
    public async Task A_drain_delivers_and_says_what_is_left_and_why()
    {
        QueueId id = await EnqueueAsync("jane@good.test", "joe@bad.test");
        Ran drained = await RunAsync("drain", "--no-policies", "--json", "--ehlo", "mail.shop.example");
        Assert.That(drained.Out, Does.StartWith("""{"messages":1,"due":0,"waiting":1,"delivering":0,"held":0,"oldestAt":"2026-01-15T12:00:00"""), drained.Error);
        Assert.That(drained.Code, Is.EqualTo(3));
        Assert.That(_internet.Messages.Single().Recipients, Is.EqualTo((string[])["jane@good.test"]));
        Ran shown = await RunAsync("show", id.ToString());
        Assert.That(shown.Out.ReplaceLineEndings(" "), Does.Contain("jane@good.test  delivered, 1 try").And.Contain("joe@bad.test  waiting, 1 try, next ").And.Contain("mode enforce, id 20260115")
            .And.Contain("→ The recipient's administrator must renew the MX host's certificate."));
        JsonElement last = (await RunAsync("show", "--json", id.ToString())).Objects.Single().GetProperty("recipients")[1].GetProperty("lastAttempt");
        Assert.That((last.GetProperty("status").GetString(), last.GetProperty("failure").GetString(), last.GetProperty("stage").GetString(), last.GetProperty("mxHost").GetString()),
            Is.EqualTo(("4.7.5", "certificateExpired", "tls", "mx1.bad.test")));
        Assert.That((await RunAsync("list")).Out, Does.Contain("to bad.test; 1 try; next 2026-01-15").And.Contain("No MX host of bad.test met its MTA-STS policy"));
        Assert.That((await RunAsync("stats")).Out.ReplaceLineEndings(" "), Does.StartWith("1 messages, the oldest of 2026-01-15 12:00 UTC: 0 deliveries due, 1 waiting, 0 under way, 0 held."));

        _internet.MxHost("mx1.bad.test").Certificate(certificate => certificate.Names("mx1.bad.test"));
        Ran again = await RunAsync("drain", "--no-policies", "--ehlo", "mail.shop.example");
        Assert.That((again.Code, again.Out), Is.EqualTo((0, "The queue is empty.\n")), again.Error);
        Assert.That(_internet.Messages, Has.Count.EqualTo(2));
    }

    /// <summary>Whoever hides the policy must not get the mail by way of an operator who drains the queue.</summary>
    [Test]
    public async Task A_drain_goes_by_the_policies_that_are_kept_beside_the_queue()
    {
        await EnqueueAsync("joe@bad.test");
        await using (var learnt = _internet.CreateDeliverer(policyStore: new SqlitePolicyStore(SqlitePolicyStore.PathBeside(_store))))
        {
            await learnt.Policies.RefreshAsync(DomainName.Parse("bad.test"));
        }

        _internet.Domain("bad.test").NoRecord().PolicyHost.Down();
        Ran drained = await RunAsync("drain");
        Assert.That((drained.Code, _internet.Messages.Count), Is.EqualTo((3, 0)), drained.Error);
        Assert.That((await RunAsync("drain", "--no-policies")).Code, Is.Zero);
        Assert.That(_internet.Messages, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_drain_without_policies_must_be_meant()
    {
        await EnqueueAsync("joe@bad.test");
        Ran drained = await RunAsync("drain");
        Assert.That((drained.Code, drained.Error), Is.EqualTo((2, $"There is no {_store}.policies: name the file that keeps the program's policies by --policy-store, or write --no-policies if none does; a host that a known policy forbids would get the mail.\n")));
        Assert.That((await RunAsync("drain", "--no-policies", "--policy-store", "x.db")).Error, Is.EqualTo("--no-policies and --policy-store contradict each other; write one of them.\n"));
        Assert.That((await RunAsync("stats")).Out, Does.Contain("1 deliveries due"));
    }

    [Test]
    public async Task Mail_is_held_released_and_cancelled()
    {
        QueueId first = await EnqueueAsync("jane@good.test"), second = await EnqueueAsync("joe@bad.test");
        Assert.That((await RunAsync("hold", "--destination", "good.test")).Out, Is.EqualTo("1 delivery held\n"));
        Assert.That((await RunAsync("list", "--state", "held")).Lines[0], Does.StartWith($"{first}  from"));
        Assert.That((await RunAsync("hold", "--json", second.ToString())).Out, Is.EqualTo($"{{\"order\":\"hold\",\"id\":{second},\"deliveries\":1}}\n"));
        Assert.That((await RunAsync("release", "--state", "held")).Out, Is.EqualTo("2 deliveries released\n"));
        Ran nothing = await RunAsync("release", "--state", "held");
        Assert.That((nothing.Out, nothing.Code), Is.EqualTo(("nothing that could be released\n", 1)));
        Assert.That((await RunAsync("cancel", first.ToString(), second.ToString())).Out, Is.EqualTo($"{first}: 1 delivery cancelled\n{second}: 1 delivery cancelled\n"));
        Assert.That((await RunAsync("list", "--json")).Out, Is.Empty);
        Assert.That(_internet.Messages, Is.Empty);
    }

    [Test]
    public async Task Waiting_mail_is_made_due()
    {
        QueueId id = await EnqueueAsync("joe@bad.test");
        await RunAsync("drain", "--no-policies");
        Assert.That((await RunAsync("retry", id.ToString())).Out, Is.EqualTo($"{id}: 1 delivery due at once\n"));
        Assert.That((await RunAsync("list", "--json")).Objects.Single().GetProperty("nextTryAt").GetDateTimeOffset(), Is.EqualTo(_internet.Clock.GetUtcNow()));
    }

    [Test]
    public async Task What_is_bounced_comes_back_to_its_sender_with_the_reason()
    {
        await EnqueueAsync("joe@bad.test");
        Assert.That((await RunAsync("bounce", "--all", "--reason", "The domain has moved.", "--host", "mail.shop.example")).Out, Is.EqualTo("1 delivery given up\n"));
        JsonElement notice = (await RunAsync("list", "--json", "--sender", "")).Objects.Single();
        Assert.That((notice.GetProperty("isNotice").GetBoolean(), notice.GetProperty("sender").GetString()), Is.EqualTo((true, "")));
        Assert.That((await RunAsync("drain", "--no-policies")).Code, Is.Zero);
        string delivered = Encoding.UTF8.GetString(_internet.Messages.Single().Content.Span).ReplaceLineEndings(" ");
        Assert.That(delivered, Does.Contain("Reporting-MTA: dns; mail.shop.example").And.Contain("out of its queue:     The domain has moved."));
    }

    [TestCase("retry")]
    [TestCase("hold")]
    [TestCase("cancel")]
    [TestCase("bounce --reason x --host mail.shop.example")]
    public async Task An_order_does_not_guess_what_is_meant(string command)
    {
        await EnqueueAsync("jane@good.test");
        Ran ran = await RunAsync(command.Split(' '));
        Assert.That(ran.Error, Is.EqualTo($"Name queue ids, choose mail by --destination, --recipient, --sender, --tag or --state, or write --all: {command.Split(' ')[0]} does not guess.\n"));
        Assert.That(ran.Code, Is.EqualTo(2));
        Assert.That((await RunAsync("list", "--json")).Objects, Has.Length.EqualTo(1));
    }

    [TestCase("cancel --all 1", "--all leaves nothing to choose; write it alone.\n")]
    [TestCase("cancel x", "'x' is no queue id; they are numbers, as list shows them.\n")]
    [TestCase("show -- -1", "'-1' is no queue id; they are numbers, as list shows them.\n")]
    [TestCase("list --destination a@b", "'a@b' is no domain name; write one such as example.com, without what stands before the @.\n")]
    [TestCase("list --recipient nobody", "'nobody' is no mail address; write one such as jane@example.com.\n")]
    [TestCase("list --limit -1", "--limit is 0 or more.\n")]
    [TestCase("show --message 1 2", "--message goes with one queue id, and without --json.\n")]
    [TestCase("bounce 1 --host mail.shop.example --reason \t", "--reason goes into the notice to the sender: 1 to 500 characters, without control characters.\n")]
    [TestCase("bounce 1 --reason x --host a..b", "--host 'a..b' is no host name; write one such as mx1.example.com.\n")]
    [TestCase("bounce 1 --reason x --host localhost", "--host 'localhost' is no full name; write one such as mail.example.com.\n")]
    public async Task A_slip_has_one_line(string command, string message)
    {
        await EnqueueAsync("jane@good.test");
        Ran ran = await RunAsync(command.Split(' '));
        Assert.That(ran.Error, Is.EqualTo(message));
        Assert.That(ran.Code, Is.EqualTo(2));
    }

    [TestCase("list")]
    [TestCase("stats")]
    [TestCase("drain")]
    [TestCase("cancel --all")]
    public async Task What_is_no_queue_is_left_alone(string command)
    {
        string photo = _folder.File("photo.jpg", "not a queue, and longer than sixteen octets"), foreign = Path.Combine(_folder.Path, "foreign.db"), policies = Path.Combine(_folder.Path, "policies.db");
        DatabaseFile.Execute(foreign, "CREATE TABLE invoices (number INTEGER)");
        await Ran.InAsync(_internet, "policy", "import", "--policy-store", policies, _folder.File("none.jsonl", ""));

        byte[][] before = [.. ((string[])[photo, foreign, policies]).Select(File.ReadAllBytes)];
        foreach ((string path, string said) in ((string, string)[])[
            (photo, "it is no queue."), (foreign, "it is no queue."), (policies, "there is no queue in it."), (Path.Combine(_folder.Path, "missing.db"), "there is no such file."), (_folder.Path, "it is a directory.")])
        {
            Ran ran = await Ran.InAsync(_internet, ["queue", .. command.Split(' '), "--store", path]);
            Assert.That((ran.Code, ran.Error, ran.Out), Is.EqualTo((2, $"--store {path}: {said}\n", "")));
        }

        Assert.That(((string[])[photo, foreign, policies]).Select(File.ReadAllBytes), Is.EqualTo(before));
        Assert.That(File.Exists(Path.Combine(_folder.Path, "missing.db")), Is.False);
    }

    [Test]
    public async Task A_queue_of_a_newer_version_says_so()
    {
        await EnqueueAsync("jane@good.test");
        DatabaseFile.Execute(_store, "UPDATE schema SET version = 99 WHERE component = 'queue'");
        Ran ran = await RunAsync("list");
        Assert.That(ran.Error, Does.Contain("newer version"));
        Assert.That(ran.Code, Is.EqualTo(2));
    }

    [TestCase(5, 3)]
    [TestCase(6, 3)]
    [TestCase(11, 2)]
    [TestCase(13, 2)]
    public void A_lock_is_temporary_and_other_trouble_is_not(int error, int code) =>
        Assert.That(QueueFile.CodeOf(new QueueException("no", new SqliteException("no", error))), Is.EqualTo(code));

    [Test]
    public async Task Help_and_completion_know_the_commands()
    {
        Ran help = await Ran.ToolAsync("queue", "--help"), completion = await Ran.ToolAsync("[suggest:16]", "mta-sts queue dr");
        Assert.That(help.Out, Does.Contain("Examples:").And.Contain("bounce").And.Contain("drain"));
        Assert.That(completion.Lines, Does.Contain("drain"));
        foreach (string command in (string[])["list", "show", "retry", "hold", "release", "cancel", "bounce", "drain", "stats"])
        {
            Assert.That((await Ran.ToolAsync("queue", command, "--help")).Out, Does.Contain("Examples:"), command);
        }
    }

    private Task<Ran> RunAsync(params string[] args) => Ran.InAsync(_internet, ["queue", .. args.TakeWhile(arg => arg != "--"), "--store", _store, .. args.SkipWhile(arg => arg != "--")]);

    private async Task<QueueId> EnqueueAsync(params string[] recipients)
    {
        await using var store = new SqliteQueueStore(_store);
        using var queue = new MailQueue(store, clock: _internet.Clock);
        return await queue.EnqueueAsync(Message, new Envelope(EnvelopeAddress.Parse("noreply@shop.example"), recipients.Select(EnvelopeAddress.Parse)));
    }
}
