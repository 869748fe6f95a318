using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>The shapes of <c>--json</c>, letter by letter: scripts rely on them.</summary>
public sealed class GoldenTests
{
    [Test]
    public async Task Lint_policy() => Assert.That(
        (await Ran.WithInputAsync("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmx: *.example.net\r\nmax_age: 86400\r\n", "lint", "policy", "--json", "-")).Out,
        Is.EqualTo("""
            {"source":"-","valid":true,"mode":"enforce","maxAge":86400,"mx":["mx1.example.com","*.example.net"],"findings":[{"code":"policy.max-age-low","severity":"warning","message":"max_age is 86400 seconds, 1 day","line":5},{"code":"policy.mode-enforce","severity":"info","message":"mode enforce: senders deliver only to listed hosts with valid certificates","line":null}]}

            """.ReplaceLineEndings("\n")));

    [Test]
    public async Task Lint_policy_that_is_none() => Assert.That(
        (await Ran.WithInputAsync("version: STSv1\r\nmode: Enforce\r\nmx: mx1.example.com\r\nmax_age: 604800\r\n", "lint", "policy", "--json", "-")).Out,
        Is.EqualTo("""
            {"source":"-","valid":false,"mode":null,"maxAge":null,"mx":[],"findings":[{"code":"policy.mode-case","severity":"error","message":"the mode 'Enforce' is not enforce, testing or none","line":2}]}

            """.ReplaceLineEndings("\n")));

    [Test]
    public async Task Lint_record() => Assert.That(
        (await Ran.WithInputAsync("\"v=STSv1; id=2016\" \"0831;\"\n", "lint", "record", "--json", "-")).Out,
        Is.EqualTo("""
            {"source":"-","policy":"found","id":"20160831","findings":[{"code":"record.found","severity":"info","message":"the record's id is 20160831","line":1},{"code":"record.split-strings","severity":"info","message":"the record's strings are joined with nothing between","line":1}]}

            """.ReplaceLineEndings("\n")));

    [Test]
    public async Task Lint_record_that_is_none() => Assert.That(
        (await Ran.WithInputAsync("\"v=STSv1; id=2023-01-01T00:00:00Z\"\n", "lint", "record", "--json", "-")).Out,
        Is.EqualTo("""
            {"source":"-","policy":"none","id":null,"findings":[{"code":"record.id-invalid","severity":"error","message":"the id '2023-01-01T00:00:00Z' is not 1 to 32 letters and digits","line":1}]}

            """.ReplaceLineEndings("\n")));

    [Test]
    public async Task Lint_tls_record() => Assert.That(
        (await Ran.WithInputAsync("\"v=TLSRPTv1; rua=mailto:a@example.com,https://r.example/x,ftp://r.example\"\n", "lint", "tls-record", "--json", "-")).Out,
        Is.EqualTo("""
            {"source":"-","found":true,"rua":["mailto:a@example.com","https://r.example/x","ftp://r.example"],"usableRua":["mailto:a@example.com","https://r.example/x"],"findings":[{"code":"rpt.found","severity":"info","message":"reports go to mailto:a@example.com, https://r.example/x","line":null},{"code":"rpt.rua-scheme","severity":"error","message":"'ftp://r.example' cannot be used: only mailto: and https: are known","line":null}]}

            """.ReplaceLineEndings("\n")));

    [Test]
    public async Task Lint_report() => Assert.That(
        (await Ran.WithInputAsync("""{"organization-name":"Example","date-range":{"start-datetime":"2026-01-01T00:00:00Z","end-datetime":"2026-01-01T23:59:59Z"},"contact-info":"tls@example.com","report-id":"r1","policies":[{"policy":{"policy-type":"sts","policy-string":["version: STSv1"],"policy-domain":"example.com","mx-host":["mx1.example.com"]},"summary":{"total-successful-session-count":5,"total-failure-session-count":1}}]}""", "lint", "report", "--json", "-")).Out,
        Is.EqualTo("""
            {"source":"-","readable":true,"conforms":true,"organization":"Example","reportId":"r1","policies":[{"type":"sts","domain":"example.com","success":5,"failure":1}],"findings":[{"code":"report.conforms","severity":"info","message":"a report of Example, as RFC 8460 asks","line":null}]}

            """.ReplaceLineEndings("\n")));

    [Test]
    public async Task Lint_report_that_is_none() => Assert.That(
        (await Ran.WithInputAsync("hello", "lint", "report", "--json", "-")).Out,
        Is.EqualTo("""
            {"source":"-","readable":false,"conforms":false,"organization":null,"reportId":null,"policies":[],"findings":[{"code":"report.not-json","severity":"error","message":"no JSON from line 1 on, octet 1","line":null}]}

            """.ReplaceLineEndings("\n")));

    [Test]
    public async Task Match()
    {
        Ran ran = await Ran.WithInputAsync("version: STSv1\nmode: enforce\nmx: *.example.com\nmax_age: 604800\n", "match", "--json", "--policy", "-", "MX1.example.com", "a.mx1.example.com", "example.com", "mx1.example.com.", "x y");
        Assert.That(ran.Out, Is.EqualTo("""
            {"host":"MX1.example.com","permitted":true,"pattern":"*.example.com"}
            {"host":"a.mx1.example.com","permitted":false,"pattern":null}
            {"host":"example.com","permitted":false,"pattern":null}
            {"host":"mx1.example.com.","permitted":true,"pattern":"*.example.com"}
            {"host":"x y","permitted":false,"pattern":null}

            """.ReplaceLineEndings("\n")));
        Assert.That(ran.Code, Is.EqualTo(2));
    }

    [Test]
    public async Task Inputs_have_their_lines_in_their_order()
    {
        using var folder = new TestFolder();
        string[] files = [.. Enumerable.Range(0, 50).Select(i => folder.File($"{i}.txt", i % 2 == 0 ? "version: STSv1\r\nmode: none\r\nmax_age: 1\r\n" : "nonsense"))];
        Ran ran = await Ran.ToolAsync(["lint", "policy", "--json", .. files]);
        Assert.That(ran.Objects.Select(one => one.GetProperty("source").GetString()), Is.EqualTo(files));
        Assert.That(ran.Objects.Select(one => one.GetProperty("valid").GetBoolean()), Is.EqualTo(files.Select((_, i) => i % 2 == 0)));
    }

    [Test]
    public async Task Check()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        CheckCases.Plant(internet);
        internet.Domain(CheckCases.Domain).PolicyId("1");
        Ran ran = await Ran.InAsync(internet, "check", "--json", "--no-connect", CheckCases.Domain);
        Assert.That(ran.Out, Does.StartWith("""{"domain":"example.test","verdict":"verdict.not-connected","summary":"record, policy (mode enforce) and MX hosts agree; their TLS was not looked at","record":{"policy":"found","id":"1"},"policy":{"mode":"enforce","maxAge":604800,"mx":["*.example.test"]},"mx":[{"host":"mx1.example.test","preference":10,"permittedBy":"*.example.test","addresses":[{"address":"192.0.2.1","tls":null,"protocol":null,"certificateEnds":null}]}],"reporting":{"found":true,"rua":["mailto:tls@reports.test"]},"findings":[{"code":"verdict.not-connected","severity":"info","subject":"example.test","message":"record, policy (mode enforce) and MX hosts agree; their TLS was not looked at","line":null,"meaning":"Record, policy and MX hosts agree; no host was connected to.","effect":"Whether the hosts' TLS and certificates will do is not known.","remedy":"Check again without --no-connect.","reference":"RFC 8461 §5"},"""));
        Assert.That(ran.Code, Is.Zero);
    }

    [Test]
    public async Task Send()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "*.example.test");
        internet.MxHost("mx1.example.test").NoStartTls();
        Ran ran = await Ran.ToolAsync(internet, "Subject: x\r\n\r\nhello\r\n"u8.ToArray(), ["send", "--json", "--from", "me@sender.example", "--to", "jane@example.test", "-"]);
        Assert.That(ran.Out, Does.StartWith("""{"recipient":"jane@example.test","outcome":"deferred","status":"4.7.4","stage":"tls","mxHost":"mx1.example.test","tls":null,"reason":"No MX host of example.test met its MTA-STS policy (mode enforce, id """));
        Assert.That(ran.Out, Does.Contain(""","failure":"startTlsNotOffered","reply":null,"mayHaveBeenDelivered":false,"retryAfterSeconds":1800,"findings":["smtp.starttls-missing"],"reasoning":{"domain":"example.test","route":{"kind":"toHosts","""));
        Assert.That(ran.Code, Is.EqualTo(1));
    }

    [Test]
    public async Task Explain()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        CheckCases.Plant(internet);
        Ran ran = await Ran.InAsync(internet, "explain", "--json", "--probe", "jane@example.test");
        Assert.That(ran.Out, Does.StartWith("""{"recipient":"jane@example.test","expected":"delivered","reason":"mx1.example.test [192.0.2.1] would be offered the message: TLS 1.3, certificate valid for mx1.example.test","plan":{"domain":"example.test","route":{"kind":"toHosts","""));
        Assert.That(ran.Lines, Has.Length.EqualTo(1));
    }
}
