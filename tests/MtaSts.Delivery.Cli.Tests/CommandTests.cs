using System.Text;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>What each command does, and how it ends.</summary>
public sealed class CommandTests
{
    private static readonly byte[] Message = Encoding.UTF8.GetBytes("From: me@sender.example\r\nSubject: hello\r\n\r\nhello\r\n");

    [Test]
    public async Task Send_tells_each_recipient_and_delivers_what_may_go()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("good.test").Mx(10, "mx.good.test").Policy(PolicyMode.Enforce, "*.good.test");
        internet.Domain("bad.test").Mx(10, "mx.bad.test").Policy(PolicyMode.Enforce, "*.elsewhere.test");
        using var folder = new TestFolder();
        string list = folder.File("to.txt", "a@good.test\r\n\n  b@bad.test \nc@nowhere.test\na@good.test");
        Ran ran = await Ran.ToolAsync(internet, Message, ["send", "--json", "--from", "", "--to-file", list, "-"]);
        Assert.That(ran.Objects.Select(one => (one.GetProperty("recipient").GetString(), one.GetProperty("outcome").GetString())),
            Is.EquivalentTo([("a@good.test", "delivered"), ("b@bad.test", "deferred"), ("c@nowhere.test", "failed")]));
        Assert.That(internet.Messages, Has.Count.EqualTo(1));
        Assert.That(ran.Out, Does.Contain("\"findings\":[\"mx.not-covered\"]"), ran.Out);
        Assert.That(ran.Code, Is.EqualTo(1));
    }

    [Test]
    public async Task Send_ends_with_temporary_trouble_when_nothing_worse_was_met()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("busy.test").Mx(10, "mx.busy.test");
        internet.MxHost("mx.busy.test").Greeting("421 4.3.2 busy");
        Ran ran = await Ran.ToolAsync(internet, Message, ["send", "--verbose", "--from", "me@sender.example", "--to", "a@busy.test", "-"]);
        Assert.That(ran.Code, Is.EqualTo(3));
        Assert.That(ran.Out, Does.Contain("a@busy.test: deferred 4.3.2").And.Contain("smtp.closing"));
    }

    /// <summary>Which hosts a sender takes is chance: a check looks at all, and as far as a sender goes.</summary>
    [TestCase("the thirteenth host")]
    [TestCase("the sixth address")]
    [TestCase("EHLO after TLS")]
    public async Task Nothing_that_a_sender_may_meet_is_left_out_of_a_check(string what)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeDomain domain = internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "*.example.test");
        internet.Dns.Txt("_smtp._tls.example.test", "v=TLSRPTv1; rua=mailto:tls@reports.test");
        switch (what)
        {
            case "the thirteenth host":
                for (int i = 2; i < 14; i++)
                {
                    domain.Mx((ushort)(10 * i), $"mx{i}.example.test");
                }

                internet.MxHost("mx13.example.test").NoStartTls();
                break;
            case "the sixth address":
                FakeMxHost host = internet.MxHost("mx1.example.test");
                for (int i = 0; i < 5; i++)
                {
                    host.AddAddress(behaviour: i == 4 ? one => one.NoStartTls() : null);
                }

                break;
            default:
                internet.MxHost("mx1.example.test").On(SmtpPhase.EhloAfterTls, SmtpFault.Drop);
                break;
        }

        Ran ran = await Ran.InAsync(internet, "check", "--json", "example.test");
        Assert.That(ran.Objects.Single().GetProperty("verdict").GetString(), Is.AnyOf("verdict.partially", "verdict.senders-defer"), ran.Out);
        Assert.That(ran.Code, Is.Not.Zero);
    }

    [Test]
    public async Task Counts_beyond_all_measure_are_summed_up_as_they_are()
    {
        const string report = """
            {"organization-name":"A","date-range":{"start-datetime":"2026-01-15T00:00:00Z","end-datetime":"2026-01-15T23:59:59Z"},"contact-info":"a@b.test","report-id":"1","policies":[
            {"policy":{"policy-type":"no-policy-found","policy-domain":"b.test"},"summary":{"total-successful-session-count":9223372036854775807,"total-failure-session-count":9223372036854775807}}]}
            """;
        using var folder = new TestFolder();
        Ran shown = await Ran.ToolAsync("report", "show", folder.File("r.json", report));
        Assert.That((shown.Code, shown.Error), Is.EqualTo((1, "")));
        Assert.That(shown.Out, Does.Contain("18446744073709551614, 9223372036854775807 failed"));
        Assert.That((await Ran.WithInputAsync(report, "lint", "report", "-")).Out, Does.Contain("9223372036854775807 sessions good"));
    }

    [Test]
    public async Task A_second_record_counts_however_late_it_comes()
    {
        string records = "\"v=STSv1; id=1\"\n" + string.Concat(Enumerable.Repeat("\"x\"\n", 1500)) + "\"v=STSv1; id=2\"\n";
        Ran ran = await Ran.WithInputAsync(records, "lint", "record", "--json", "-");
        Assert.That(ran.Objects.Single().GetProperty("policy").GetString(), Is.EqualTo("none"));
    }

    [TestCase("--from", "nobody", "--to", "a@good.test", "-", "no mail address")]
    [TestCase("--from", "me@sender.example", "--to", "nobody", "-", "no mail address")]
    [TestCase("--from", "me@sender.example", "--to", "a@good.test", "/missing.eml", "no such file")]
    public async Task Send_refuses_what_cannot_be(string a, string b, string c, string d, string file, string message)
    {
        Ran ran = await Ran.ToolAsync(null, Message, ["send", a, b, c, d, file]);
        Assert.That(ran.Code, Is.EqualTo(2));
        Assert.That(ran.Error, Does.Contain(message));
    }

    [Test]
    public async Task Send_wants_a_recipient_and_a_message()
    {
        Assert.That((await Ran.ToolAsync(null, Message, ["send", "--from", "me@sender.example", "-"])).Error, Does.Contain("--to"));
        Assert.That((await Ran.ToolAsync(null, [], ["send", "--from", "me@sender.example", "--to", "a@good.test", "-"])).Error, Does.Contain("empty"));
    }

    [Test]
    public async Task Explain_walks_the_line_and_sends_nothing()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Mx(20, "mx2.elsewhere.test").Policy(PolicyMode.Enforce, "*.example.test");
        internet.MxHost("mx1.example.test").Certificate(c => c.Expired());
        Ran ran = await Ran.InAsync(internet, "explain", "--probe", "jane@example.test");
        Assert.That(ran.Code, Is.EqualTo(1));
        Assert.That(ran.Out, Does.Contain("1  Route: 2 MX host(s)").And.Contain("permitted by *.example.test").And.Contain("no mx pattern names it").And.Contain("→ Deferred."));
        Assert.That(internet.Messages, Is.Empty);
    }

    [Test]
    public async Task Explain_without_probe_connects_to_no_MX_host()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        CheckCases.Plant(internet);
        Ran ran = await Ran.InAsync(internet, "explain", "jane@example.test", "joe@nowhere.test");
        Assert.That(ran.Code, Is.EqualTo(1));
        Assert.That(internet.MxHost("mx1.example.test").Sessions, Is.Empty);
        Assert.That(ran.Out, Does.Contain("→ Attempted.").And.Contain("→ Failed."));
    }

    [Test]
    public async Task A_good_domain_ends_well()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        CheckCases.Plant(internet);
        Ran ran = await Ran.InAsync(internet, "check", CheckCases.Domain);
        Assert.That(ran.Code, Is.Zero, ran.Out);
        Assert.That(ran.Out, Does.Contain("Mode enforce, and the MX host meets the policy."));
    }

    [Test]
    public async Task A_hundred_domains_are_checked_side_by_side_and_told_in_order()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        string[] domains = [.. Enumerable.Range(0, 100).Select(i => $"d{i}.test")];
        foreach (string domain in domains)
        {
            internet.Domain(domain).Mx(10, "mx." + domain);
        }

        Ran ran = await Ran.InAsync(internet, ["check", "--json", .. domains]);
        Assert.That(ran.Objects.Select(one => one.GetProperty("domain").GetString()), Is.EqualTo(domains));
    }

    [Test]
    public async Task A_new_policy_is_one()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(20, "MX2.example.test").Mx(10, "mx1.example.test");
        Ran ran = await Ran.InAsync(internet, "policy", "new", "example.test", "--mode", "enforce");
        Assert.That(ran.Out, Is.EqualTo("version: STSv1\nmode: enforce\nmx: mx1.example.test\nmx: mx2.example.test\nmax_age: 604800\n"));
        Assert.That(ran.Error, Does.Contain("_mta-sts.example.test. IN TXT \"v=STSv1; id=20260115120000\"").And.Contain("v=TLSRPTv1"));
        Ran json = await Ran.InAsync(internet, "policy", "new", "example.test", "--json");
        Assert.That(json.Objects[0].GetProperty("policy").GetString(), Does.Contain("mode: testing"));
        Assert.That((await Ran.InAsync(internet, "policy", "new", "nowhere.test")).Code, Is.EqualTo(1));
        Assert.That((await Ran.InAsync(internet, "policy", "new", "example.test", "--max-age", "99999999")).Code, Is.EqualTo(2));
    }

    [Test]
    public async Task Reports_are_summed_up()
    {
        using var folder = new TestFolder();
        string vectors = Repository.PathTo("tests", "vectors", "tls-reports");
        folder.File("1.json", Report("2026-01-01", 90, 10));
        folder.File("2.json", Report("2026-01-02", 50, 0));
        folder.File("again.json", Report("2026-01-02", 50, 0));
        folder.File("broken.json", "{");
        Ran ran = await Ran.ToolAsync("report", "show", folder.Path);
        Assert.That(ran.Out, Does.Contain("2 report(s) in 4 file(s): 140 sessions good, 10 failed").And.Contain("certificate-expired").And.Contain("mx1.example.com").And.Contain("2026-01-01").And.Contain("█"));
        Assert.That(ran.Code, Is.EqualTo(1));
        Ran json = await Ran.ToolAsync("report", "show", "--json", folder.Path);
        Assert.That(json.Out, Is.EqualTo("""
            {"files":4,"unreadable":1,"reports":2,"success":140,"failure":10,"domains":{"example.com":{"success":140,"failure":10}},"mxHosts":{"mx1.example.com":10},"resultTypes":{"certificate-expired":10},"days":{"2026-01-01":{"success":90,"failure":10},"2026-01-02":{"success":50,"failure":0}}}

            """.ReplaceLineEndings("\n")));
        Assert.That((await Ran.ToolAsync("report", "show", vectors)).Error, Is.Empty);
    }

    [TestCase("")]
    [TestCase("check")]
    [TestCase("explain")]
    [TestCase("send")]
    [TestCase("lint")]
    [TestCase("report")]
    [TestCase("policy")]
    [TestCase("policy list")]
    [TestCase("policy show")]
    [TestCase("policy refresh")]
    [TestCase("policy remove")]
    [TestCase("policy export")]
    [TestCase("policy import")]
    [TestCase("lint policy")]
    [TestCase("lint record")]
    [TestCase("lint tls-record")]
    [TestCase("lint report")]
    [TestCase("lint certificate")]
    [TestCase("match")]
    [TestCase("report show")]
    [TestCase("policy new")]
    [TestCase("finding")]
    [TestCase("completion")]
    public async Task Help_has_examples_and_fits_80_columns(string command)
    {
        Ran ran = await Ran.ToolAsync([.. command.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.That(ran.Code, Is.Zero);
        Assert.That(ran.Out, Does.Contain("Examples:\n  ").And.Contain("mta-sts"));
        Assert.That(ran.Lines.Where(line => line.Length > 80), Is.Empty);
    }

    [Test]
    public async Task A_terminal_has_colours()
    {
        using var output = new StringWriter { NewLine = "\n" };
        var around = new Surroundings(new MemoryStream("version: STSv1\nmode: Enforce\n"u8.ToArray()), output, TextWriter.Null, TimeProvider.System) { IsTerminal = true };
        int code = await Tool.RunAsync(["lint", "policy", "-"], around, CancellationToken.None);
        Assert.That(code, Is.EqualTo(1));
        Assert.That(output.ToString(), Does.Contain("policy.mode-case"));
    }

    [Test]
    public async Task Completion_is_a_script() =>
        Assert.That((await Ran.ToolAsync("completion", "bash")).Out, Does.Contain("complete -o default -F _mta_sts mta-sts"));

    private static string Report(string day, int good, int failed) => $$"""
        {"organization-name":"Example","date-range":{"start-datetime":"{{day}}T00:00:00Z","end-datetime":"{{day}}T23:59:59Z"},"contact-info":"tls@example.com","report-id":"{{day}}",
        "policies":[{"policy":{"policy-type":"sts","policy-string":[],"policy-domain":"example.com"},"summary":{"total-successful-session-count":{{good}},"total-failure-session-count":{{failed}}},
        "failure-details":[{{(failed == 0 ? "" : $$"""{"result-type":"certificate-expired","receiving-mx-hostname":"mx1.example.com","failed-session-count":{{failed}}}""")}}]}]}
        """;
}
