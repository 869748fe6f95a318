using System.Text;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>Policies between calls: <c>send --policy-store</c>, and what <c>policy</c> does with a store.</summary>
public sealed class StoreTests
{
    private static readonly byte[] Message = Encoding.UTF8.GetBytes("Subject: hello\r\n\r\nhello\r\n");

    [Test]
    public async Task A_policy_learnt_by_one_call_binds_the_next()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        string store = await LearnAsync(internet, folder);

        internet.Domain("example.test").NoRecord();
        internet.MxHost("mx1.example.test").NoStartTls();
        Ran second = await Ran.ToolAsync(internet, Message, ["send", "--json", "--policy-store", store, "--from", "me@sender.example", "--to", "jane@example.test", "-"]);
        Assert.That(second.Objects[0].GetProperty("outcome").GetString(), Is.EqualTo("deferred"));
        Assert.That(internet.Messages, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_store_is_listed_shown_exported_imported_and_emptied()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        string store = await LearnAsync(internet, folder), other = Path.Combine(folder.Path, "other.db");

        Assert.That((await Ran.InAsync(internet, "policy", "list", "--policy-store", store)).Out, Does.Contain("example.test").And.Contain("enforce").And.Contain("2026-01-22 12:00"));
        Assert.That((await Ran.InAsync(internet, "policy", "list", "--json", "--policy-store", store)).Out, Does.StartWith(
            """{"domain":"example.test","mode":"enforce","id":"1","maxAge":604800,"mx":["*.example.test"],"fetchedAt":"2026-01-15T12:00:00"""));
        Assert.That((await Ran.InAsync(internet, "policy", "show", "--policy-store", store, "example.test")).Out, Does.Contain("  mx: *.example.test"));
        Ran export = await Ran.InAsync(internet, "policy", "export", "--policy-store", store);
        Ran import = await Ran.ToolAsync(internet, Encoding.UTF8.GetBytes(export.Out + "nonsense\n"), ["policy", "import", "--json", "--policy-store", other, "-"]);
        Assert.That(import.Out, Does.StartWith("""{"source":"-","imported":1,"older":0,"faults":["line 2: """));
        Assert.That(import.Code, Is.EqualTo(1));
        Assert.That((await Ran.InAsync(internet, "policy", "remove", "--policy-store", other, "example.test")).Out, Is.EqualTo("example.test: removed\n"));
        Assert.That((await Ran.InAsync(internet, "policy", "show", "--policy-store", other, "example.test")).Code, Is.EqualTo(1));
        Assert.That((await Ran.InAsync(internet, "policy", "list", "--json", "--policy-store", other)).Out, Is.Empty);
        Assert.That((await Ran.InAsync(internet, "policy", "list", "--policy-store", other)).Out.ReplaceLineEndings(" "), Is.EqualTo($"There are no policies in {other}. "));
    }

    [Test]
    public async Task A_refresh_fetches_anew_and_keeps_what_it_cannot_fetch()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        string store = await LearnAsync(internet, folder);
        internet.Domain("example.test").Policy(PolicyMode.Testing, "*.example.test").PolicyId("2");
        Assert.That((await Ran.InAsync(internet, "policy", "refresh", "--json", "--policy-store", store)).Out,
            Is.EqualTo("{\"domain\":\"example.test\",\"outcome\":\"fetched\",\"mode\":\"testing\",\"id\":\"2\",\"fault\":null,\"finding\":null}\n"));
        internet.Domain("example.test").PolicyHost.Status(404);
        Ran kept = await Ran.InAsync(internet, "policy", "refresh", "--json", "--policy-store", store, "example.test");
        Assert.That(kept.Out, Does.Contain("\"outcome\":\"kept\"").And.Contain("\"finding\":\"http.not-found\""));
        Assert.That(kept.Code, Is.EqualTo(1));
    }

    [TestCase("list")]
    [TestCase("export")]
    public async Task What_is_no_store_is_left_alone(string command)
    {
        using var folder = new TestFolder();
        string photo = folder.File("photo.jpg", "not a store");
        Ran wrong = await Ran.ToolAsync("policy", command, "--policy-store", photo), missing = await Ran.ToolAsync("policy", command, "--policy-store", photo + ".db"), directory = await Ran.ToolAsync("policy", command, "--policy-store", folder.Path);
        Assert.That((wrong.Code, missing.Code, directory.Code), Is.EqualTo((2, 2, 2)));
        Assert.That(wrong.Error, Does.Contain("no policy store"));
        Assert.That(Directory.EnumerateFiles(folder.Path), Is.EqualTo([photo]));
        Assert.That(await File.ReadAllTextAsync(photo), Is.EqualTo("not a store"));
    }

    [Test]
    public async Task A_refresh_that_finds_nothing_says_why()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        string store = await LearnAsync(internet, folder);
        internet.Domain("bare.test").Mx(10, "mx.bare.test");
        Ran bare = await Ran.InAsync(internet, "policy", "refresh", "--policy-store", store, "bare.test");
        Assert.That(bare.Out, Does.StartWith("bare.test: none: there is no MTA-STS record at _mta-sts.bare.test").And.Contain("(record.missing)").And.Contain("→").And.Contain("mta-sts check bare.test"));
        Assert.That(bare.Code, Is.EqualTo(1));
        Ran nowhere = await Ran.InAsync(internet, "policy", "refresh", "--json", "--policy-store", store, "nowhere.test");
        Assert.That(nowhere.Out, Is.EqualTo("{\"domain\":\"nowhere.test\",\"outcome\":\"none\",\"mode\":null,\"id\":null,\"fault\":\"the domain nowhere.test does not exist\",\"finding\":\"mx.domain-not-found\"}\n"));
        internet.Domain("example.test").NoRecord();
        internet.Clock.Advance(TimeSpan.FromDays(7.5));
        Ran expired = await Ran.InAsync(internet, "policy", "refresh", "--json", "--policy-store", store);
        Assert.That(expired.Out, Does.Contain("the stored policy has expired (2026-01-22 12:00), and there is no MTA-STS record at _mta-sts.example.test\",\"finding\":\"record.missing\""));
    }

    [Test]
    public async Task What_is_no_export_is_said_in_one_line()
    {
        using var folder = new TestFolder();
        string store = Path.Combine(folder.Path, "mta-sts.db"), file = folder.File("README.md", "# Hello\n{}\n" + string.Concat(Enumerable.Repeat("text\n", 200)));
        Ran ran = await Ran.ToolAsync("policy", "import", "--policy-store", store, file);
        Assert.That(ran.Error, Is.EqualTo($"{file}: this is no export of policies (line 1: not JSON).\n"));
        Assert.That(ran.Out, Is.Empty);
        Assert.That(ran.Code, Is.EqualTo(2));
    }

    [Test]
    public async Task Bad_lines_of_an_export_are_told_up_to_five()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        string store = await LearnAsync(internet, folder), other = Path.Combine(folder.Path, "other.db");
        string line = (await Ran.InAsync(internet, "policy", "export", "--policy-store", store)).Out;
        string[] bad = [line.Replace("\"id\"", "\"no\"", StringComparison.Ordinal), line.Replace("example.test\"", "exa mple\"", StringComparison.Ordinal), line.Replace("\"fetchedAt\":\"", "\"fetchedAt\":\"x", StringComparison.Ordinal), "[]\n", "x\n", "x\n", "x\n"];
        byte[] input = Encoding.UTF8.GetBytes(line + string.Concat(bad));
        Ran ran = await Ran.ToolAsync(internet, input, ["policy", "import", "--policy-store", other, "-"]);
        Assert.That(ran.Out, Is.EqualTo("""
            1 imported; 7 not readable:
              line 2: 'id' is missing
              line 3: 'domain' is no domain name
              line 4: 'fetchedAt' is no date and time
              line 5: not a JSON object
              line 6: not JSON
              and 2 more

            """.ReplaceLineEndings("\n")));
        Assert.That(ran.Code, Is.EqualTo(1));
        Assert.That((await Ran.ToolAsync(internet, input, ["policy", "import", "--policy-store", other, "-"])).Out.ReplaceLineEndings(" "), Does.StartWith("0 imported; 1 left out: expired, or the store has the same fetch or a later one;"));
    }

    [Test]
    public async Task A_pinned_policy_is_shown_as_such()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        string store = await LearnAsync(internet, folder), other = Path.Combine(folder.Path, "other.db");
        string line = (await Ran.InAsync(internet, "policy", "export", "--policy-store", store)).Out.Replace("\"pinned\":false", "\"pinned\":true", StringComparison.Ordinal);
        await Ran.ToolAsync(internet, Encoding.UTF8.GetBytes(line), ["policy", "import", "--policy-store", other, "-"]);
        Assert.That((await Ran.InAsync(internet, "policy", "show", "--policy-store", other, "example.test")).Lines[0], Does.EndWith(", pinned"));
    }

    [Test]
    public async Task A_damaged_store_says_what_was_saved()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        string store = await LearnAsync(internet, folder);
        byte[] octets = await File.ReadAllBytesAsync(store);
        octets.AsSpan(100, 200).Fill(0xFF);
        await File.WriteAllBytesAsync(store, octets);
        Ran ran = await Ran.InAsync(internet, "policy", "list", "--policy-store", store);
        Assert.That(ran.Error, Does.StartWith($"{store} was damaged and is set aside as {store}.damaged-"));
        Assert.That(ran.Error.TrimEnd('\n'), Does.Not.Contain("\n"));
        Assert.That(ran.Code, Is.Zero);
    }

    private static async Task<string> LearnAsync(FakeInternet internet, TestFolder folder)
    {
        internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "*.example.test").PolicyId("1");
        string store = Path.Combine(folder.Path, "mta-sts.db");
        Ran first = await Ran.ToolAsync(internet, Message, ["send", "--policy-store", store, "--from", "me@sender.example", "--to", "jane@example.test", "-"]);
        Assert.That(first.Code, Is.Zero, first.Out + first.Error);
        return store;
    }
}
