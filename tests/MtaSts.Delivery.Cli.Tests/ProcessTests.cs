using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>The tool as a process of its own, by its options alone. MTASTS_TOOL names another than the one that was built beside the tests: an installed one.</summary>
[Platform("Linux,MacOsX")]
public sealed partial class ProcessTests
{
    [Test]
    public async Task A_process_checks_the_fake_internet_by_its_options()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.PumpsClock = false;
        CheckCases.Plant(internet);
        internet.MxHost("mx1.example.test").Certificate(c => c.Names("mail.elsewhere.test"));
        using var folder = new TestFolder();
        string roots = folder.File("roots.pem", internet.Authority.Root.ExportCertificatePem());
        IPEndPoint mx = new(internet.MxHost("mx1.example.test").Addresses[0], 25), host = new(internet.Domain(CheckCases.Domain).PolicyHost.Addresses[0], 443);
        using Process tool = Start(
            "check", "--json", "--dns", internet.Dns.EndPoint.ToString(), "--trust", roots,
            "--connect-to", $"{mx}={internet.Map(mx)}", "--connect-to", $"{host}={internet.Map(host)}", CheckCases.Domain);
        string output = await tool.StandardOutput.ReadToEndAsync();
        await tool.WaitForExitAsync();
        Assert.That(output, Does.StartWith("""{"domain":"example.test","verdict":"verdict.senders-defer",""").And.Contain("\"cert.name\""), await tool.StandardError.ReadToEndAsync());
        Assert.That(tool.ExitCode, Is.EqualTo(1));
    }

    [Test]
    public async Task In_one_run_each_domain_has_the_fault_that_was_planted()
    {
        (string Code, Action<FakeInternet, string> Plant)[] faults =
        [
            ("verdict.protected", (_, _) => { }),
            ("record.multiple", (i, d) => i.Domain(d).Record("v=STSv1; id=1", "v=STSv1; id=2")),
            ("record.id-invalid", (i, d) => i.Domain(d).PolicyId("2023-01-01T00:00:00Z")),
            ("record.orphan-policy", (i, d) => i.Domain(d).NoRecord()),
            ("rpt.missing", (i, d) => i.Dns.Remove("_smtp._tls." + d)),
            ("http.redirect", (i, d) => i.Domain(d).PolicyHost.Redirect(301, "https://www.provider.test/mta-sts.txt")),
            ("host.cert-name", (i, d) => i.Domain(d).PolicyHost.Certificate(c => c.Names("www." + d))),
            ("policy.mode-unknown", (i, d) => i.Domain(d).PolicyHost.Body(Encoding.ASCII.GetBytes($"version: STSv1\r\nmode: enforced\r\nmx: mx1.{d}\r\nmax_age: 604800\r\n"))),
            ("mx.not-covered", (i, d) => i.Domain(d).Policy(PolicyMode.Enforce, "mx2." + d)),
            ("cert.name", (i, d) => i.MxHost("mx1." + d).Certificate(c => c.Names("mail.elsewhere.test"))),
            ("cert.expired", (i, d) => i.MxHost("mx1." + d).Certificate(c => c.Expired())),
            ("cert.self-signed", (i, d) => i.MxHost("mx1." + d).Certificate(c => c.SelfSigned())),
            ("smtp.starttls-missing", (i, d) => i.MxHost("mx1." + d).NoStartTls()),
        ];
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.PumpsClock = false;
        using var folder = new TestFolder();
        List<string> args = ["check", "--json", "--dns", internet.Dns.EndPoint.ToString(), "--trust", folder.File("roots.pem", internet.Authority.Root.ExportCertificatePem())];
        for (int i = 0; i < faults.Length; i++)
        {
            string domain = $"d{i}.test";
            internet.Domain(domain).Mx(10, "mx1." + domain).Policy(PolicyMode.Enforce, "mx1." + domain);
            internet.Dns.Txt("_smtp._tls." + domain, "v=TLSRPTv1; rua=mailto:tls@reports.test");
            IPEndPoint mx = new(internet.MxHost("mx1." + domain).Addresses[0], 25), host = new(internet.Domain(domain).PolicyHost.Addresses[0], 443);
            faults[i].Plant(internet, domain);
            args.AddRange(["--connect-to", $"{mx}={internet.Map(mx)}", "--connect-to", $"{host}={internet.Map(host)}", domain]);
        }

        using Process tool = Start([.. args]);
        string output = await tool.StandardOutput.ReadToEndAsync();
        await tool.WaitForExitAsync();
        Dictionary<string, string> lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).ToDictionary(line => JsonDocument.Parse(line).RootElement.GetProperty("domain").GetString()!);
        Assert.Multiple(() =>
        {
            for (int i = 0; i < faults.Length; i++)
            {
                Assert.That(lines[$"d{i}.test"], Does.Contain($"\"{faults[i].Code}\""));
            }
        });
        Assert.That(tool.ExitCode, Is.EqualTo(1), await tool.StandardError.ReadToEndAsync());
    }

    [Test]
    public async Task Ctrl_C_ends_it_with_130()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.PumpsClock = false;
        internet.Domain("example.test").Mx(10, "mx1.example.test");
        FakeMxHost mx = internet.MxHost("mx1.example.test").On(SmtpPhase.Greeting, SmtpFault.Stall);
        IPEndPoint at = new(mx.Addresses[0], 25);
        using Process tool = Start("check", "--timeout", "300", "--dns", internet.Dns.EndPoint.ToString(), "--connect-to", $"{at}={internet.Map(at)}", "example.test");
        await Patience.UntilAsync(() => mx.Sessions.Count > 0);
        Assert.That(Kill(tool.Id, 2), Is.Zero);
        // Long before the greeting's time is over.
        await tool.WaitForExitAsync().WaitAsync(TimeSpan.FromMinutes(2));
        Assert.That(tool.ExitCode, Is.EqualTo(130));
        Assert.That(await tool.StandardError.ReadToEndAsync(), Does.Not.Contain("   at "));
    }

    [Test]
    public async Task A_reader_who_has_gone_ends_it_early_and_quietly()
    {
        using var folder = new TestFolder();
        string file = folder.File("p.txt", "nonsense");
        // Standard input, which nobody closes, stands last: whoever reads on to it never ends.
        using Process tool = Start(["lint", "policy", "--json", .. Enumerable.Repeat(file, 2000), "-"]);
        Assert.That(await tool.StandardOutput.ReadLineAsync(), Does.StartWith("{"));
        tool.StandardOutput.Close();
        await tool.WaitForExitAsync();
        Assert.That(tool.ExitCode, Is.EqualTo(141));
        Assert.That(await tool.StandardError.ReadToEndAsync(), Is.Empty);
    }

    [Test]
    [Platform("Linux")]
    public async Task A_full_disk_is_told_and_ends_it_with_4()
    {
        using Process tool = Shell($"'{Program}' finding >/dev/full");
        string error = await tool.StandardError.ReadToEndAsync();
        await tool.WaitForExitAsync();
        Assert.That(error, Is.EqualTo("Standard output cannot be written to: No space left on device.\n"));
        Assert.That(tool.ExitCode, Is.EqualTo(4));
    }

    [TestCase("2>&-")]
    [TestCase("2</dev/null")]
    public async Task Where_nobody_can_be_told_the_exit_code_says_it(string redirection)
    {
        using Process tool = Shell($"'{Program}' finding nope {redirection}");
        await tool.WaitForExitAsync();
        Assert.That(tool.ExitCode, Is.EqualTo(2));
    }

    /// <summary>The pipe is full, the rest waits in a buffer, and standard input never ends.</summary>
    [Test]
    [Platform("Linux")]
    public async Task Ctrl_C_ends_it_though_nobody_reads_its_output()
    {
        using var folder = new TestFolder();
        using Process tool = Start(["lint", "policy", "--json", .. Enumerable.Repeat(folder.File("p.txt", "nonsense"), 1500), "-"]);
        // Until the pipe is about full, so that it is in the middle of a write.
        using var limit = new CancellationTokenSource(TimeSpan.FromMinutes(2));
        while (Written(tool.Id) < 60_000)
        {
            Assert.That(tool.HasExited, Is.False);
            await Task.Delay(1, limit.Token);
        }

        Assert.That(Kill(tool.Id, 2), Is.Zero);
        await tool.WaitForExitAsync(limit.Token);
        Assert.That(tool.ExitCode, Is.EqualTo(130));

        static long Written(int process) => long.Parse(
            File.ReadLines($"/proc/{process}/io").First(line => line.StartsWith("wchar: ", StringComparison.Ordinal))["wchar: ".Length..], CultureInfo.InvariantCulture);
    }

    [Test]
    public async Task Two_calls_write_into_one_file_one_after_the_other()
    {
        using var folder = new TestFolder();
        string file = Path.Combine(folder.Path, "out");
        using Process shell = Shell($"('{Program}' finding cert.name --json; '{Program}' finding cert.usage --json) > '{file}'");
        await shell.WaitForExitAsync();
        Assert.That((await File.ReadAllLinesAsync(file)).Select(line => JsonDocument.Parse(line).RootElement.GetProperty("code").GetString()), Is.EqualTo(["cert.name", "cert.usage"]));
    }

    [Test]
    public async Task Ctrl_C_while_standard_input_is_awaited_says_so()
    {
        using var folder = new TestFolder();
        // So much that some of it is written before standard input is awaited.
        using Process tool = Start(["lint", "policy", "--json", .. Enumerable.Repeat(folder.File("p.txt", "nonsense"), 150), "-"]);
        Assert.That(await tool.StandardOutput.ReadLineAsync(), Does.Contain("p.txt"));
        Assert.That(Kill(tool.Id, 2), Is.Zero);
        await tool.WaitForExitAsync();
        Assert.That(await tool.StandardError.ReadToEndAsync(), Is.EqualTo("Interrupted.\n"));
        Assert.That(tool.ExitCode, Is.EqualTo(130));
    }

    private static string Program => Environment.GetEnvironmentVariable("MTASTS_TOOL") ?? Path.Combine(AppContext.BaseDirectory, "mta-sts");

    private static Process Shell(string command) =>
        Process.Start(new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardError = true, RedirectStandardOutput = true })!;

    private static Process Start(params string[] args)
    {
        // Whoever runs the tests behind a shell's & has Ctrl-C ignored, and so would every process of theirs.
        string[] line = OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", Program, .. args] : [Program, .. args];
        var start = new ProcessStartInfo(line[0]) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string arg in line.Skip(1))
        {
            start.ArgumentList.Add(arg);
        }

        return Process.Start(start)!;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
