using MtaSts.Delivery.Cli.Output;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>Whatever is given: a short clear message, the right exit code, never a stack trace.</summary>
public sealed class BadInputTests
{
    /// <summary>The findings that have their test here.</summary>
    public static IReadOnlyList<string> Met => ["policy.unreadable", "record.unreadable", "rpt.unreadable", "report.unreadable"];

    [TestCase("policy", "policy.unreadable")]
    [TestCase("record", "record.unreadable")]
    [TestCase("tls-record", "rpt.unreadable")]
    [TestCase("report", "report.unreadable")]
    public async Task A_file_that_is_not_there_still_has_its_line(string kind, string code)
    {
        using var folder = new TestFolder();
        Ran ran = await Ran.ToolAsync("lint", kind, "--json", Path.Combine(folder.Path, "missing"), folder.Path);
        Assert.That(ran.Codes, Is.EqualTo([code, code]));
        Assert.That(ran.Code, Is.EqualTo(2));
        Assert.That(ran.Out, Does.Contain("there is no such file").And.Contain("it is a directory"));
    }

    [Test]
    public async Task Any_octets_end_in_findings([Values("policy", "record", "tls-record", "report", "certificate")] string kind, [Values(0, 1, 2, 3, 4, 5, 6, 7)] int seed)
    {
        byte[] octets = new byte[20_000];
        new Random(seed).NextBytes(octets);
        string[] host = kind == "certificate" ? ["--host", "mx1.example.test"] : [];
        Ran ran = await Ran.ToolAsync(null, octets, ["lint", kind, "--json", .. host, "-"]);
        Assert.That(ran.Code, Is.EqualTo(1));
        Assert.That(ran.Objects, Has.Length.EqualTo(1));
        Assert.That(ran.Out.Replace("\n", "", StringComparison.Ordinal), Has.None.Matches<char>(char.IsControl));
        Ran text = await Ran.ToolAsync(null, octets, ["lint", kind, .. host, "-"]);
        Assert.That(text.Out.Replace("\n", "", StringComparison.Ordinal), Has.None.Matches<char>(char.IsControl));
        Assert.That(text.Error, Is.Empty);
    }

    [TestCase("check", "jane@example.com", "without what stands before the @")]
    [TestCase("check", "https://example.com/", "without https://")]
    [TestCase("check", "ex..com", "no domain name")]
    [TestCase("check", "[192.0.2.1]", "no domain name")]
    [TestCase("explain", "example.com", "no mail address")]
    [TestCase("explain", "a b@example.com", "no mail address")]
    [TestCase("explain", "jane@", "no mail address")]
    [TestCase("finding", "record.nonsense", "no finding")]
    [TestCase("frobnicate", "x", "frobnicate")]
    [TestCase("check", "--dns=nowhere", "no address")]
    [TestCase("check", "--timeout=0", "0.1 to 300")]
    [TestCase("check", "--connect-to=here", "ADDR:PORT")]
    public async Task A_wrong_word_is_a_matter_of_usage(string command, string argument, string message)
    {
        Ran ran = await Ran.ToolAsync(argument.StartsWith("--", StringComparison.Ordinal) ? [command, argument, "example.com"] : [command, argument]);
        Assert.That(ran.Code, Is.EqualTo(2));
        Assert.That(ran.Error, Does.Contain(message));
        Assert.That(ran.Error, Does.Not.Contain("   at "));
        Assert.That(ran.Out, Is.Empty);
    }

    [TestCase("check")]
    [TestCase("explain")]
    [TestCase("send")]
    [TestCase("lint")]
    [TestCase("lint policy")]
    [TestCase("match")]
    [TestCase("report")]
    [TestCase("policy")]
    public async Task Half_a_command_is_a_matter_of_usage(string command)
    {
        Ran ran = await Ran.ToolAsync(command.Split(' '));
        Assert.That(ran.Code, Is.EqualTo(2));
        Assert.That(ran.Error, Does.Contain($"See mta-sts {command} --help."));
    }

    [Test]
    public async Task Standard_input_can_be_named_once()
    {
        Ran ran = await Ran.WithInputAsync("x", "lint", "policy", "-", "-");
        Assert.That(ran.Code, Is.EqualTo(2));
        Assert.That(ran.Error, Does.Contain("standard input"));
    }

    [TestCase("check", "example.com", 3)]
    [TestCase("explain", "jane@example.com", 3)]
    [TestCase("policy new", "example.com", 3)]
    public async Task A_dead_resolver_is_temporary_trouble(string command, string argument, int code)
    {
        Ran ran = await Ran.ToolAsync([.. command.Split(' '), "--timeout", "1", "--dns", "127.0.0.1:1", argument]);
        Assert.That(ran.Code, Is.EqualTo(code), ran.Out + ran.Error);
    }

    [Test]
    public async Task A_closed_pipe_ends_it_quietly()
    {
        using var error = new StringWriter();
        using var closed = new StreamWriter(new StandardOutput(new BrokenStream(new IOException("Broken pipe", 32)))) { AutoFlush = true };
        int code = await Tool.RunAsync(["finding"], new Surroundings(Stream.Null, closed, error, TimeProvider.System), CancellationToken.None);
        Assert.That(code, Is.EqualTo(141));
        Assert.That(error.ToString(), Is.Empty);
    }

    [Test]
    public async Task A_full_disk_is_told()
    {
        using var error = new StringWriter { NewLine = "\n" };
        using var full = new StreamWriter(new StandardOutput(new BrokenStream(new IOException("No space left on device", 28)))) { AutoFlush = true };
        int code = await Tool.RunAsync(["finding"], new Surroundings(Stream.Null, full, error, TimeProvider.System), CancellationToken.None);
        Assert.That(code, Is.EqualTo(4));
        Assert.That(error.ToString(), Is.EqualTo("Standard output cannot be written to: No space left on device.\n"));
    }

    [Test]
    public async Task An_interrupted_run_says_so()
    {
        using var stop = new CancellationTokenSource();
        await stop.CancelAsync();
        Ran ran = await Ran.ToolAsync(null, [], ["check", "example.com", "--dns", "127.0.0.1:1"], cancellationToken: stop.Token);
        Assert.That(ran.Code, Is.EqualTo(130));
        Assert.That(ran.Error, Is.EqualTo("Interrupted.\n"));
    }

    private sealed class BrokenStream(IOException failure) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw failure;
    }
}
