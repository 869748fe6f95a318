using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>The tool as a process of its own, by its options alone.</summary>
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
    public async Task Ctrl_C_ends_it_with_130()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.PumpsClock = false;
        internet.Dns.Silent("example.test");
        using Process tool = Start("check", "--timeout", "60", "--dns", internet.Dns.EndPoint.ToString(), "example.test");
        while (internet.Dns.Queries.Count == 0)
        {
            await Task.Yield();
        }

        long pressed = Stopwatch.GetTimestamp();
        Assert.That(Kill(tool.Id, 2), Is.Zero);
        await tool.WaitForExitAsync();
        Assert.That(tool.ExitCode, Is.EqualTo(130));
        // A second by the tool's own clock; a busy machine gets some more to end a process.
        Assert.That(Stopwatch.GetElapsedTime(pressed), Is.LessThan(TimeSpan.FromSeconds(5)));
        Assert.That(await tool.StandardError.ReadToEndAsync(), Does.Not.Contain("   at "));
    }

    private static Process Start(params string[] args)
    {
        var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "mta-sts")) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach (string arg in args)
        {
            start.ArgumentList.Add(arg);
        }

        return Process.Start(start)!;
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
