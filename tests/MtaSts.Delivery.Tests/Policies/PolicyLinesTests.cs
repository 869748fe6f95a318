using System.Text;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Policies;

/// <summary>Policies that were exported are imported again, whatever became of the file in between.</summary>
public sealed class PolicyLinesTests
{
    private const int LongestLine = 8 << 20;
    private static readonly DateTimeOffset Fetched = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public async Task What_was_written_is_read()
    {
        StoredPolicy[] policies = [Policy("a.example"), Policy("b.example") with { IsPinned = true, LastUsedAt = Fetched.AddDays(3) }];
        (StoredPolicy? Policy, string? Fault)[] read = await ReadAsync([.. policies.SelectMany(PolicyLines.Write)]);
        Assert.That(read, Is.EqualTo(policies.Select(policy => ((StoredPolicy?)policy, (string?)null))));
    }

    [Test]
    public async Task Moments_are_kept_in_UTC()
    {
        (StoredPolicy? Policy, string? Fault)[] read = await ReadAsync(Good().Replace("2026-03-01T12:00:00+00:00", "2026-03-01T13:00:00+01:00", StringComparison.Ordinal));
        Assert.That(read.Single().Policy!.FetchedAt, Is.EqualTo(Fetched));
        Assert.That((read.Single().Policy!.FetchedAt.Offset, read.Single().Policy!.LastUsedAt.Offset), Is.EqualTo((TimeSpan.Zero, TimeSpan.Zero)));
    }

    [TestCase("{0}", "a")]
    [TestCase("{0}\n", "a")]
    [TestCase("{0}\r\n{0}\r\n", "a a")]
    [TestCase("\n \t\r\n{0}\n\n", "a")]
    [TestCase("\uFEFF{0}\n{0}", "a a")]
    [TestCase("\uFEFF\n{0}", "a")]
    [TestCase("", "")]
    [TestCase("\n", "")]
    [TestCase("{0}\nx\n{0}", "a 2 a")]
    [TestCase("\n\nx\n{0}", "3 a")]
    [TestCase("{{}}\n{{}}", "1 2")]
    [TestCase("{0}\nnull\n{0}", "a 2 a")]
    public async Task Every_line_is_read_by_itself_and_a_fault_says_which_it_was(string format, string expected) =>
        Assert.That(string.Join(' ', (await ReadAsync(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, Good()))).Select(Short)), Is.EqualTo(expected));

    [TestCase("\"id\":\"a\"", "\"id\":\"\"", "the field 'id=' is not name=value")]
    [TestCase("\"id\":\"a\"", "\"id\":\"a-b\"", "the id 'a-b' is not 1 to 32 letters and digits")]
    [TestCase("\"id\":\"a\"", "\"id\":\"a \"", "the id 'a ' is not 1 to 32 letters and digits")]
    [TestCase("\"id\":\"a\"", "\"id\":\"a; x=1\"", "the id 'a; x=1' is not 1 to 32 letters and digits")]
    [TestCase("enforce", "enforced", "line 2: the mode 'enforced' is not enforce, testing or none")]
    [TestCase("\"id\":\"a\"", "\"id\":1", "'id' is no text")]
    [TestCase("\"id\":\"a\"", "\"id\":null", "'id' is no text")]
    [TestCase("\"id\":\"a\",", "", "'id' is missing")]
    [TestCase("a.example\"", "a..example\"", "'domain' is no domain name")]
    public async Task What_is_no_policy_is_told_and_not_taken(string from, string to, string fault)
    {
        string line = Good().Replace(from, to, StringComparison.Ordinal);
        Assert.That(line, Is.Not.EqualTo(Good()));
        (StoredPolicy? policy, string? told) = (await ReadAsync(line)).Single();
        Assert.That(policy, Is.Null);
        Assert.That(told, Does.StartWith("line 1: " + fault));
    }

    [Test]
    public async Task A_policy_longer_than_a_buffer_is_read()
    {
        StoredPolicy policy = Policy("a.example", string.Concat(Enumerable.Range(0, 3000).Select(i => $"mx: mx{i}.example\n")));
        Assert.That((await ReadAsync([.. PolicyLines.Write(policy), .. PolicyLines.Write(policy)])).Select(one => one.Policy), Is.EqualTo([policy, policy]));
    }

    [TestCase(0, "a a")]
    [TestCase(10_000, "1 a")]
    public async Task A_line_beyond_8_MiB_is_passed_over_and_the_next_is_read(int beyond, string expected) =>
        Assert.That(string.Join(' ', (await ReadAsync(Good().PadRight(LongestLine + beyond) + "\n" + Good())).Select(Short)), Is.EqualTo(expected));

    [Test]
    public async Task The_stream_is_left_open()
    {
        using var stream = new MemoryStream(PolicyLines.Write(Policy("a.example")));
        _ = await PolicyLines.ReadAsync(stream, default).CountAsync();
        Assert.That(stream.CanRead, Is.True);
    }

    private static StoredPolicy Policy(string domain, string further = "") => new(
        DomainName.Parse(domain), "a", Encoding.UTF8.GetBytes("version: STSv1\nmode: enforce\nmx: mx1.example\nmax_age: 86400\n" + further), Fetched, Fetched, false);

    private static string Good() => Encoding.UTF8.GetString(PolicyLines.Write(Policy("a.example"))).TrimEnd('\n');

    private static Task<(StoredPolicy? Policy, string? Fault)[]> ReadAsync(string text) => ReadAsync(Encoding.UTF8.GetBytes(text));

    private static async Task<(StoredPolicy? Policy, string? Fault)[]> ReadAsync(byte[] octets)
    {
        using var stream = new MemoryStream(octets);
        return await PolicyLines.ReadAsync(stream, default).ToArrayAsync();
    }

    private static string Short((StoredPolicy? Policy, string? Fault) one) => one.Policy?.Domain.Value[..1] ?? one.Fault!.Split(' ', ':')[1];
}
