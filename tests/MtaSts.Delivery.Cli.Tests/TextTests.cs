using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>What people read: within 80 columns, and no more than is known.</summary>
public sealed class TextTests
{
    private const string Policy = "version: STSv1\r\nmode: enforce\r\n";

    [Test]
    public async Task The_first_line_of_a_lint_is_wrapped()
    {
        using var folder = new TestFolder();
        string file = folder.File("p.txt", Policy + string.Concat(Enumerable.Range(1, 5).Select(i => $"mx: a-rather-long-name-{i}.example.com\r\n")) + "max_age: 604800\r\n");
        Ran ran = await Ran.ToolAsync("lint", "policy", file);
        Assert.That(ran.Lines, Is.All.Length.LessThanOrEqualTo(80));
        Assert.That(ran.Lines[0], Does.StartWith(file + ": valid"));
        Assert.That(ran.Lines[1], Does.StartWith("  "));
    }

    [Test]
    public async Task The_first_line_about_a_report_is_wrapped()
    {
        string report = $$"""{"organization-name":"{{string.Join(' ', Enumerable.Repeat("Example", 15))}}","date-range":{"start-datetime":"2026-01-01T00:00:00Z","end-datetime":"2026-01-01T23:59:59Z"},"contact-info":"tls@example.com","report-id":"r1","policies":[]}""";
        Ran ran = await Ran.WithInputAsync(report, "lint", "report", "-");
        Assert.That(ran.Lines, Is.All.Length.LessThanOrEqualTo(80));
    }

    [Test]
    public async Task An_information_stands_in_the_columns_of_the_others() => Assert.That(
        (await Ran.WithInputAsync(Policy + "mx: mx1.example.com\r\nmax_age: 604800\r\n", "lint", "policy", "-")).Out,
        Is.EqualTo("""
            -: valid, mode enforce, max_age 7 days, mx mx1.example.com
              info     policy.mode-enforce  mode enforce: senders deliver only to listed
                       hosts with valid certificates

            """.ReplaceLineEndings("\n")));

    [TestCase("policy")]
    [TestCase("record")]
    [TestCase("tls-record")]
    [TestCase("report")]
    public async Task A_file_that_cannot_be_read_is_nothing_else(string kind)
    {
        Ran ran = await Ran.ToolAsync("lint", kind, "nofile");
        Assert.That(ran.Out, Is.EqualTo("nofile: cannot be read: there is no such file\n"));
        Assert.That(ran.Code, Is.EqualTo(2));
    }

    [TestCase("record", "record.not-text", new byte[] { 0x22, 0x76, 0x00, 0x0A, 0x41, 0x0A })]
    [TestCase("tls-record", "rpt.not-text", new byte[] { 0xFF, 0xFE, 0x0A, 0x41, 0x0A })]
    public async Task What_is_no_text_is_said_once(string kind, string code, byte[] octets)
    {
        Ran ran = await Ran.ToolAsync(null, octets, ["lint", kind, "--json", "-"]);
        Assert.That(ran.Codes, Is.EqualTo([code]));
        Assert.That(ran.Code, Is.EqualTo(1));
    }

    [Test]
    public async Task A_host_that_is_none_has_its_line_and_is_a_matter_of_usage()
    {
        Ran ran = await Ran.WithInputAsync(Policy + "mx: mx1.example.com\r\nmax_age: 604800\r\n", "match", "--json", "--policy", "-", "bad host", "mx1.example.com");
        Assert.That(ran.Out, Is.EqualTo("""
            {"host":"bad host","permitted":false,"pattern":null}
            {"host":"mx1.example.com","permitted":true,"pattern":"mx1.example.com"}

            """.ReplaceLineEndings("\n")));
        Assert.That(ran.Code, Is.EqualTo(2));
    }

    [Test]
    public async Task A_domain_that_does_not_exist_is_not_asked_for_a_record()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        Ran ran = await Ran.InAsync(internet, "check", "--json", "nowhere.test");
        Assert.That(ran.Codes, Has.Member("mx.domain-not-found").And.No.Member("record.missing"));
        Ran text = await Ran.InAsync(internet, "explain", "joe@nowhere.test");
        Assert.That(text.Out, Does.Contain("does not exist. The sender must"));
    }

    [Test]
    public async Task What_could_not_be_looked_up_is_unknown()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Dns.ServFail("example.test").ServFail("_mta-sts.example.test").ServFail("_smtp._tls.example.test").ServFail("mta-sts.example.test");
        Ran ran = await Ran.InAsync(internet, "check", "example.test");
        Assert.That(ran.Out, Does.Contain("  record   unknown").And.Contain("  policy   unknown").And.Contain("  reports  unknown").And.Contain("  MX       unknown"));
        Assert.That(ran.Code, Is.EqualTo(3));
    }

    [Test]
    public async Task A_delivery_that_was_interrupted_is_told_in_words()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        CheckCases.Plant(internet);
        using var stop = new CancellationTokenSource();
        internet.MxHost("mx1.example.test").On(SmtpPhase.Greeting, SmtpFault.Stall);
        internet.PumpsClock = false;
        Task<Ran> running = Ran.ToolAsync(internet, "Subject: x\r\n\r\nhello\r\n"u8.ToArray(), ["send", "--from", "me@sender.example", "--to", "jane@example.test", "-"], cancellationToken: stop.Token);
        while (internet.MxHost("mx1.example.test").Sessions.Count == 0)
        {
            await Task.Yield();
        }

        await stop.CancelAsync();
        Ran ran = await running;
        Assert.That(ran.Out, Does.Contain("Interrupted before").And.Contain("not delivered.").And.Not.Contain("caller"));
        Assert.That(ran.Error, Is.EqualTo("Interrupted.\n"));
        Assert.That(ran.Code, Is.EqualTo(130));
    }
}
