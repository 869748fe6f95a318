using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using CsCheck;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Policies;

public sealed partial class StsPolicyTests
{
    private const string Good = "version: STSv1\nmode: enforce\nmx: mx1.example.com\nmax_age: 86400\n";
    private const string Key33 = "k23456789012345678901234567890123";

    /// <summary>STS-030. RFC 8461 §3.2.</summary>
    [TestCase("mode: enforce\nmx: a.example\nmax_age: 1\n")]
    [TestCase("version: STSv2\nmode: enforce\nmx: a.example\nmax_age: 1\n")]
    [TestCase("version: stsv1\nmode: enforce\nmx: a.example\nmax_age: 1\n")]
    [TestCase("version: STSv1 x\nmode: enforce\nmx: a.example\nmax_age: 1\n")]
    [TestCase("version: STSv1;\nmode: enforce\nmx: a.example\nmax_age: 1\n")]
    [TestCase("version:\nmode: enforce\nmx: a.example\nmax_age: 1\n")]
    public void The_version_is_STSv1(string text) => AssertNoPolicy(text);

    /// <summary>STS-031. RFC 8461 §3.2.</summary>
    [TestCase("enforce", PolicyMode.Enforce)]
    [TestCase("testing", PolicyMode.Testing)]
    [TestCase("none", PolicyMode.None)]
    [TestCase("Enforce", null)]
    [TestCase("ENFORCE", null)]
    [TestCase("report", null)]
    [TestCase("enforce,testing", null)]
    [TestCase("enforce;", null)]
    [TestCase("2", null)]
    [TestCase("", null)]
    public void The_mode_is_one_of_three_words(string mode, PolicyMode? expected)
    {
        _ = StsPolicy.TryParse($"version: STSv1\nmode: {mode}\nmx: a.example\nmax_age: 1\n", out StsPolicy? policy, out _);
        Assert.That(policy?.Mode, Is.EqualTo(expected));
    }

    /// <summary>STS-031, STS-032, STS-033, STS-035. RFC 8461 §3.2.</summary>
    [TestCase("version: STSv1\nmx: a.example\nmax_age: 1\n", false)]
    [TestCase("version: STSv1\nmode: none\n", false)]
    [TestCase("version: STSv1\nmode: enforce\nmx: a.example\n", false)]
    [TestCase("version: STSv1\nmode: enforce\nmax_age: 1\n", false)]
    [TestCase("version: STSv1\nmode: testing\nmax_age: 1\n", false)]
    [TestCase("version: STSv1\nmode: none\nmax_age: 1\n", true)]
    [TestCase("version: STSv1\nmode: none\nmx: a.example\nmax_age: 1\n", true)]
    [TestCase("version: STSv1\nMode: enforce\nmx: a.example\nmax_age: 1\n", false)]
    [TestCase("Version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 1\n", false)]
    [TestCase("version: STSv1\nmode: enforce\nMX: a.example\nmax_age: 1\n", false)]
    [TestCase("version: STSv1\nmode: enforce\nmx: a.example\nMax_Age: 1\n", false)]
    [TestCase("version: STSv1\nmode: enforce\nmx: a.example\nmax-age: 1\n", false)]
    public void Every_key_is_there_to_the_letter_but_mx_in_mode_none(string text, bool isPolicy) =>
        Assert.That(StsPolicy.TryParse(text, out _, out _), Is.EqualTo(isPolicy));

    /// <summary>STS-034. RFC 8461 §3.2.</summary>
    [Test]
    public void Keys_come_in_any_order()
    {
        string[] lines = ["version: STSv1", "mode: enforce", "mx: mx1.example.com", "max_age: 86400"];
        Gen.Shuffle(lines).Sample(order => StsPolicy.TryParse(string.Join('\n', order), out StsPolicy? policy, out _)
            && policy.Mode == PolicyMode.Enforce && policy.MaxAge == TimeSpan.FromDays(1) && policy.Mx.Count == 1, iter: 200);
    }

    /// <summary>STS-036. RFC 8461 §3.2.</summary>
    [TestCase("mode: testing\nmode: enforce\n", PolicyMode.Testing, 86400)]
    [TestCase("mode: enforce\nmode: bogus\n", PolicyMode.Enforce, 86400)]
    [TestCase("mode: enforce\nmode: none\n", PolicyMode.Enforce, 86400)]
    [TestCase("mode: enforce\nmax_age: 86401\n", PolicyMode.Enforce, 86400)]
    [TestCase("mode: enforce\nmax_age: x\n", PolicyMode.Enforce, 86400)]
    [TestCase("mode: enforce\nversion: STSv2\n", PolicyMode.Enforce, 86400)]
    public void Of_a_repeated_key_the_first_counts(string lines, PolicyMode mode, int maxAge)
    {
        StsPolicy policy = StsPolicy.Parse("version: STSv1\nmax_age: 86400\nmx: a.example\n" + lines);
        Assert.That(policy.Mode, Is.EqualTo(mode));
        Assert.That(policy.MaxAge, Is.EqualTo(TimeSpan.FromSeconds(maxAge)));
    }

    /// <summary>STS-036. RFC 8461 §3.2.</summary>
    [TestCase("mode: bogus\nmode: enforce\n")]
    [TestCase("max_age: x\nmax_age: 86400\n")]
    public void A_malformed_first_is_not_mended_by_a_second(string lines) =>
        AssertNoPolicy("version: STSv1\nmx: a.example\n" + lines + Good);

    /// <summary>STS-037. RFC 8461 §3.2.</summary>
    [Test]
    public void Every_mx_line_counts()
    {
        StsPolicy policy = StsPolicy.Parse("version: STSv1\nmode: enforce\nmx: a.example\nmx: *.b.example\nmx: c.example\nmx: c.example\nmax_age: 1\n");
        Assert.That(policy.Mx.Select(mx => mx.ToString()).Distinct(), Is.EqualTo(["a.example", "*.b.example", "c.example"]));
    }

    /// <summary>STS-038, STS-061, STS-065. RFC 8461 §3.2.</summary>
    [TestCase("mx: a.example, b.example")]
    [TestCase("mx: a.example b.example")]
    [TestCase("mx: *")]
    [TestCase("mx: .example.com")]
    [TestCase("mx: mail*.example.com")]
    [TestCase("mx: mx.example.com.")]
    [TestCase("mx: mäil.example")]
    [TestCase("mx: [192.0.2.1]")]
    [TestCase("mx:")]
    public void One_bad_mx_among_good_ones_makes_no_policy(string line)
    {
        AssertNoPolicy(Good + line + "\n");
        AssertNoPolicy(line + "\n" + Good);
        AssertNoPolicy("version: STSv1\nmode: none\nmax_age: 1\n" + line);
    }

    /// <summary>STS-039. RFC 8461 §3.2.</summary>
    [TestCase("comment: größe und mehr")]
    [TestCase("x: 1")]
    [TestCase("x-1.y_z: a:b  c=d")]
    [TestCase("x: 例え 😀")]
    [TestCase("x: 1\nx: 2")]
    [TestCase("k2345678901234567890123456789012: v")]
    public void Unknown_keys_are_ignored(string lines) => Assert.That(StsPolicy.Parse(lines + "\n" + Good).Mx, Has.Count.EqualTo(1));

    /// <summary>STS-040. RFC 8461 §3.2.</summary>
    [TestCase("garbage")]
    [TestCase(": x")]
    [TestCase("_k: v")]
    [TestCase("-k: v")]
    [TestCase("k k: v")]
    [TestCase("kä: v")]
    [TestCase(Key33 + ": v")]
    [TestCase("key:")]
    [TestCase("key: ")]
    [TestCase("key: \t")]
    [TestCase("key: a\u0001b")]
    [TestCase("key: a\tb")]
    [TestCase("key: a\u007Fb")]
    [TestCase("key: a\0b")]
    [TestCase("# comment")]
    [TestCase("#comment: x")]
    [TestCase("<html>")]
    public void A_malformed_line_makes_no_policy(string line)
    {
        AssertNoPolicy(Good + line);
        AssertNoPolicy(Good + line + "\n");
        AssertNoPolicy(line + "\n" + Good);
    }

    /// <summary>STS-041. RFC 8461 §3.2.</summary>
    [TestCase("mode:enforce", true)]
    [TestCase("mode:\t enforce \t", true)]
    [TestCase("mode: enforce ", true)]
    [TestCase("mode : enforce", false)]
    [TestCase("mode\t: enforce", false)]
    [TestCase(" mode: enforce", false)]
    [TestCase("\tmode: enforce", false)]
    [TestCase("mode:\u00A0enforce", false)]
    [TestCase("mode: enforce\u3000", false)]
    public void White_space_stands_behind_the_colon_and_at_the_end_only(string line, bool isPolicy) =>
        Assert.That(StsPolicy.TryParse("version: STSv1\n" + line + "\nmx: a.example\nmax_age: 1\n", out _, out _), Is.EqualTo(isPolicy));

    /// <summary>STS-042, STS-043. RFC 8461 §3.2, erratum 6253.</summary>
    [TestCase("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 86400")]
    [TestCase("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 86400\n")]
    [TestCase("version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 86400")]
    [TestCase("version: STSv1\r\nmode: enforce\r\nmx: a.example\r\nmax_age: 86400\r\n")]
    [TestCase("version: STSv1\r\nmode: enforce\nmx: a.example\r\nmax_age: 86400\n")]
    [TestCase("version: STSv1\nmode: enforce\r\nmx: a.example \r\nmax_age: 86400\t\r\n")]
    public void Lines_end_in_LF_or_CRLF_and_the_last_need_not(string text)
    {
        StsPolicy policy = StsPolicy.Parse(text);
        Assert.That(policy.MaxAge, Is.EqualTo(TimeSpan.FromSeconds(86400)));
        Assert.That(policy.Mx.Single().ToString(), Is.EqualTo("a.example"));
        Assert.That(policy.Mode, Is.EqualTo(PolicyMode.Enforce));
    }

    /// <summary>STS-043. RFC 8461 §3.2.</summary>
    [TestCase("version: STSv1\rmode: enforce\rmx: a.example\rmax_age: 86400\r")]
    [TestCase("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 86400\r")]
    [TestCase("version: STSv1\nmode: enforce\r\r\nmx: a.example\nmax_age: 86400\n")]
    [TestCase("version: STSv1\nmode: enforce\nmx: a.example\rmx: b.example\nmax_age: 86400\n")]
    [TestCase("version: STSv1\nmode: enforce\nmx: a.example\nmax_age: 86400\n\r")]
    [TestCase("version: STSv1\u2028mode: enforce\u2028mx: a.example\u2028max_age: 86400")]
    [TestCase("version: STSv1\u0085mode: enforce\u0085mx: a.example\u0085max_age: 86400")]
    public void Nothing_else_ends_a_line(string text) => AssertNoPolicy(text);

    /// <summary>STS-044. RFC 8461 §3.2.</summary>
    [TestCase(Good + "\n", true)]
    [TestCase(Good + "\n\n\n", true)]
    [TestCase(Good + "\r\n\r\n", true)]
    [TestCase(Good + "\n\r\n", true)]
    [TestCase(Good + " \n", false)]
    [TestCase(Good + " ", false)]
    [TestCase("\n" + Good, false)]
    [TestCase("version: STSv1\n\nmode: enforce\nmx: a.example\nmax_age: 1\n", false)]
    [TestCase("version: STSv1\r\n\r\nmode: enforce\nmx: a.example\nmax_age: 1\n", false)]
    [TestCase("\uFEFF" + Good, false)]
    [TestCase(" " + Good, false)]
    [TestCase("", false)]
    [TestCase("\n", false)]
    [TestCase("\r\n\r\n", false)]
    public void Blank_lines_pass_at_the_end_and_nowhere_else_and_a_byte_order_mark_never(string text, bool isPolicy) =>
        Assert.That(StsPolicy.TryParse(text, out _, out _), Is.EqualTo(isPolicy));

    /// <summary>STS-045. RFC 8461 §3.2.</summary>
    [Test]
    public void The_octets_are_UTF8_and_nothing_else()
    {
        Assert.That(StsPolicy.TryParse(Encoding.Latin1.GetBytes(Good), out _, out _), Is.True);
        Assert.That(StsPolicy.TryParse(Encoding.Latin1.GetBytes(Good + "x: größe\n"), out _, out _), Is.False);
        Assert.That(StsPolicy.TryParse(Encoding.Unicode.GetBytes(Good), out _, out _), Is.False);
        Assert.That(StsPolicy.TryParse(Encoding.BigEndianUnicode.GetBytes(Good), out _, out _), Is.False);
        Assert.That(StsPolicy.TryParse([.. Encoding.UTF8.Preamble, .. Encoding.UTF8.GetBytes(Good)], out _, out _), Is.False);
        Assert.That(StsPolicy.TryParse((string?)null, out _, out _), Is.False);
    }

    /// <summary>STS-046. RFC 8460 §4.4.</summary>
    [Test]
    public void The_text_is_kept_as_it_was_fetched()
    {
        const string text = "version:STSv1 \r\nmode: \t testing\nmode: enforce\nx-Typo: größe\nmx: A.example\r\nmax_age: 0001\n\n";
        Assert.That(StsPolicy.Parse(text).Text, Is.EqualTo(text));
    }

    /// <summary>STS-050, STS-051, STS-052. RFC 8461 §3.2, erratum 7282.</summary>
    [TestCase("0", 0)]
    [TestCase("1", 1)]
    [TestCase("604800", 604800)]
    [TestCase("0000604800", 604800)]
    [TestCase("31557600", 31557600)]
    [TestCase("31557601", 31557600)]
    [TestCase("4294967296", 31557600)]
    [TestCase("9999999999", 31557600)]
    public void A_max_age_of_up_to_ten_digits_is_read_and_shortened_to_a_year(string text, int seconds) =>
        Assert.That(StsPolicy.Parse($"version: STSv1\nmode: none\nmax_age: {text}").MaxAge, Is.EqualTo(TimeSpan.FromSeconds(seconds)));

    /// <summary>STS-050. RFC 8461 §3.2.</summary>
    [TestCase("00000604800")]
    [TestCase("-1")]
    [TestCase("+60")]
    [TestCase("1e6")]
    [TestCase("604800s")]
    [TestCase("60.0")]
    [TestCase("60,000")]
    [TestCase("6 0")]
    [TestCase("0x10")]
    [TestCase("")]
    [TestCase("６０")]
    [TestCase("٦٠")]
    [TestCase("18446744073709551616")]
    public void Anything_else_is_no_max_age(string text)
    {
        CultureInfo.CurrentCulture = new CultureInfo("ar-SA");
        AssertNoPolicy($"version: STSv1\nmode: none\nmax_age: {text}\n");
    }

    /// <summary>STS-051. RFC 8461 §3.2.</summary>
    [Test]
    public void The_longest_max_age_ends_in_the_future()
    {
        DateTimeOffset now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var cached = new CachedPolicy(StsPolicy.Parse("version: STSv1\nmode: none\nmax_age: 9999999999"), "a", now);
        Assert.That(cached.ExpiresAt - now, Is.EqualTo(TimeSpan.FromSeconds(31557600)));
    }

    [TestCase("version: STSv1\nmode: bogus\n", "line 2")]
    [TestCase("version: STSv1\r\nmode: none\r\nmax_age: 1\r\nmx: *\r\n", "line 4")]
    public void A_fault_says_where_it_is(string text, string where)
    {
        _ = StsPolicy.TryParse(text, out _, out string? fault);
        Assert.That(fault, Does.StartWith(where));
    }

    [Test]
    public void A_fault_repeats_no_control_characters_and_no_endless_line()
    {
        _ = StsPolicy.TryParse("\u001B[31m\u0007" + new string('x', 60_000), out _, out string? fault);
        Assert.That(fault, Has.None.Matches<char>(char.IsControl));
        Assert.That(fault, Has.Length.LessThan(200));
        Assert.That(() => StsPolicy.Parse("x"), Throws.TypeOf<FormatException>());
    }

    [Test]
    public void Policies_are_equal_when_their_texts_are()
    {
        Assert.That(new HashSet<StsPolicy> { StsPolicy.Parse(Good), StsPolicy.Parse(Good) }, Has.Count.EqualTo(1));
        Assert.That(StsPolicy.Parse(Good), Is.Not.EqualTo(StsPolicy.Parse(Good + "\n")));
        Assert.That(Enumerable.Range(0, 10).Select(i => StsPolicy.Parse(Good + new string('\n', i)).GetHashCode()).Distinct().Count(), Is.GreaterThan(1));
    }

    /// <summary>LIB-10. RFC 8461 §3.2.</summary>
    [Test]
    public void Whatever_octets_come_the_parser_does_not_throw() =>
        Gen.OneOf(Gen.Byte.Array[0, 200], Gen.Select(Gen.Byte.Array[0, 20], Gen.Int[0, Good.Length], (octets, at) => (byte[])[.. Encoding.UTF8.GetBytes(Good[..at]), .. octets, .. Encoding.UTF8.GetBytes(Good[at..])])).Sample(
            octets => StsPolicy.TryParse(octets, out StsPolicy? policy, out string? fault) ? policy.Text == Encoding.UTF8.GetString(octets) && fault is null : policy is null && fault is { Length: > 0 },
            iter: 20_000);

    /// <summary>LIB-10, STS-030, STS-031, STS-032, STS-033, STS-036, STS-041, STS-043. RFC 8461 §3.2.</summary>
    [Test]
    public void The_parser_accepts_exactly_the_grammar() =>
        Gen.OneOf(
            Gen.OneOf(Pieces).Array[0, 24].Select(string.Concat),
            Gen.Select(Gen.OneOf(Lines), Gen.OneOf("\n", "\n", "\r\n", "\r", "\n\n")).Array[3, 9].Select(lines => string.Concat(lines.Select(line => line.Item1 + line.Item2)))).Sample(
            text =>
            {
                bool accepted = StsPolicy.TryParse(text, out StsPolicy? policy, out _);
                (string Mode, string MaxAge, string[] Mx)? expected = Read(text);
                return accepted == expected is not null
                    && (policy is null || (policy.Mode.ToString().Equals(expected!.Value.Mode, StringComparison.OrdinalIgnoreCase)
                        && policy.Mx.Select(mx => mx.ToString()).SequenceEqual(expected.Value.Mx.Select(mx => mx.ToLowerInvariant()))
                        && policy.MaxAge.TotalSeconds == Math.Min(double.Parse(expected.Value.MaxAge, CultureInfo.InvariantCulture), 31557600)));
            }, iter: 20_000);

    private static readonly string[] Lines =
    [
        "version: STSv1", "version: STSv1", "version: STSv1", "mode: enforce", "mode: testing", "mode:none", "mode: none", "mx: mx1.example.com", "mx: *.example.com", "mx: a.example",
        "max_age: 86400", "max_age: 1 ", "max_age:\t9999999999", "max_age: 0", "x: größe und", "mode: bogus", "max_age: x", "version: STSv2", "mx: *", "mx: a..b", "garbage", "", " ", "key:", "_x: 1", " mode: none", "mode : none", "x: \u0001",
    ];

    private static readonly string[] Pieces =
        ["version: STSv1\n", "mode: none\n", "max_age: 1\n", "mode: enforce\n", "mx: a.example\n", "version", "mode", "max_age", "mx", ":", ": ", " ", "\t", "\n", "\r\n", "\r", "STSv1", "enforce", "86400", "*.", "a.example", "é", "\0", "\uFEFF", "_", "x: y\n"];

    // The grammar, written once more; blank lines at the end and control characters above 127 count as decided.
    private static (string Mode, string MaxAge, string[] Mx)? Read(string text)
    {
        Match match = Grammar().Match(text);
        if (!match.Success)
        {
            return null;
        }

        (string Key, string Value)[] fields = [.. match.Groups["key"].Captures.Zip(match.Groups["value"].Captures, (key, value) => (key.Value, value.Value))];
        string? First(string key) => fields.FirstOrDefault(field => field.Key == key).Value;
        string[] mx = [.. fields.Where(field => field.Key == "mx").Select(field => field.Value)];
        return First("version") == "STSv1" && First("mode") is "enforce" or "testing" or "none" && First("max_age") is { } maxAge && MaxAge().IsMatch(maxAge)
            && mx.All(MxPatternTests.IsPattern) && (mx.Length > 0 || First("mode") == "none") ? (First("mode")!, maxAge, mx) : null;
    }

    [GeneratedRegex(@"\A(?:(?<key>[A-Za-z0-9][A-Za-z0-9_.-]{0,31}):[ \t]*(?<value>[\x21-\x7E\u00A0-\uFFFF](?:[\x20-\x7E\u00A0-\uFFFF]*[\x21-\x7E\u00A0-\uFFFF])?)[ \t]*(?:\r?\n|\z))+(?:\r?\n)*\z")]
    private static partial Regex Grammar();

    [GeneratedRegex(@"\A[0-9]{1,10}\z")]
    private static partial Regex MaxAge();

    private static void AssertNoPolicy(string text)
    {
        Assert.That(StsPolicy.TryParse(text, out StsPolicy? policy, out string? fault), Is.False);
        Assert.That(policy, Is.Null);
        Assert.That(fault, Is.Not.Empty);
    }
}
