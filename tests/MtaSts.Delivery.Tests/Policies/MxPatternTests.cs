using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Policies;

public sealed partial class MxPatternTests
{
    /// <summary>STS-060. RFC 8461 §3.2.</summary>
    [TestCase("mail.example.com", "mail.example.com", false)]
    [TestCase("*.example.net", "*.example.net", true)]
    [TestCase("MX1.Example.COM", "mx1.example.com", false)]
    [TestCase("*.Example.COM", "*.example.com", true)]
    [TestCase("*.com", "*.com", true)]
    [TestCase("mx", "mx", false)]
    [TestCase("1.mx.example", "1.mx.example", false)]
    [TestCase("xn--mil-qla.example", "xn--mil-qla.example", false)]
    public void A_pattern_is_a_host_name_or_a_wildcard_over_one(string text, string pattern, bool isWildcard)
    {
        MxPattern read = MxPattern.Parse(text);
        Assert.That(read.ToString(), Is.EqualTo(pattern));
        Assert.That(read.IsWildcard, Is.EqualTo(isWildcard));
    }

    /// <summary>STS-061, STS-065, STS-038. RFC 8461 §3.2.</summary>
    [TestCase("*")]
    [TestCase("*.")]
    [TestCase(".example.com")]
    [TestCase("mail*.example.com")]
    [TestCase("*mail.example.com")]
    [TestCase("mail.*.example.com")]
    [TestCase("*.*.example.com")]
    [TestCase("**.example.com")]
    [TestCase("*example.com")]
    [TestCase("mx.example.com:25")]
    [TestCase("[192.0.2.1]")]
    [TestCase("192.0.2.1")]
    [TestCase("*.0.2.1")]
    [TestCase("mx_1.example.com")]
    [TestCase("-a.example")]
    [TestCase("a-.example")]
    [TestCase("mx.example.com.")]
    [TestCase("*.example.com.")]
    [TestCase("https://mx")]
    [TestCase("a..b")]
    [TestCase("mäil.example")]
    [TestCase("*.bücher.example")]
    [TestCase("a.example, b.example")]
    [TestCase("a.example b.example")]
    [TestCase("<mx.example>")]
    [TestCase(" mx.example")]
    [TestCase("")]
    [TestCase(null)]
    public void Anything_else_is_no_pattern(string? text)
    {
        Assert.That(MxPattern.TryParse(text, out MxPattern? pattern), Is.False);
        Assert.That(pattern, Is.Null);
    }

    /// <summary>STS-062. RFC 8461 §4.1.</summary>
    [TestCase("*.example.com", "mail.example.com", true)]
    [TestCase("*.example.com", "example.com", false)]
    [TestCase("*.example.com", "a.b.example.com", false)]
    [TestCase("*.example.com", "xexample.com", false)]
    [TestCase("*.example.com", "evil-example.com", false)]
    [TestCase("*.example.com", "mail.example.com.evil.example", false)]
    [TestCase("*.example.com", "mail.example.org", false)]
    [TestCase("*.com", "example.com", true)]
    [TestCase("*.com", "com", false)]
    public void A_wildcard_stands_for_exactly_one_label(string pattern, string mxHost, bool matches) =>
        Assert.That(MxPattern.Parse(pattern).Matches(DomainName.Parse(mxHost)), Is.EqualTo(matches));

    [TestCase("mail.example.com", "mail.example.com", true)]
    [TestCase("mail.example.com", "mailXexample.com", false)]
    [TestCase("mail.example.com", "x.mail.example.com", false)]
    [TestCase("mail.example.com", "example.com", false)]
    [TestCase("example.com", "mail.example.com", false)]
    public void Without_a_wildcard_the_whole_name_counts(string pattern, string mxHost, bool matches) =>
        Assert.That(MxPattern.Parse(pattern).Matches(DomainName.Parse(mxHost)), Is.EqualTo(matches));

    /// <summary>STS-063, STS-064, STS-065. RFC 8461 §4.1, RFC 9525 §6.3.</summary>
    [TestCase("mx1.example.com", "MX1.Example.COM")]
    [TestCase("MX1.EXAMPLE.COM", "mx1.example.com")]
    [TestCase("*.INFO.IT", "mail.info.it")]
    [TestCase("mail.info.it", "MAIL.INFO.IT")]
    [TestCase("mx1.example.com", "mx1.example.com.")]
    [TestCase("xn--mil-qla.example", "xn--mil-qla.example")]
    [TestCase("XN--MIL-QLA.example", "mäil.example")]
    public void Case_and_root_dot_do_not_count_whatever_the_culture(string pattern, string mxHost)
    {
        CultureInfo.CurrentCulture = new CultureInfo("tr-TR");
        Assert.That(MxPattern.Parse(pattern).Matches(DomainName.Parse(mxHost)), Is.True);
    }

    /// <summary>STS-066, STS-067. RFC 8461 §4.1, RFC 5321 §5.1.</summary>
    [TestCase("mx: mx.provider.example", "mx.customer.example", false)]
    [TestCase("mx: mx.customer.example", "mx.customer.example", true)]
    [TestCase("mx: example.com", "example.com", true)]
    [TestCase("mx: mx1.example.com", "example.com", false)]
    [TestCase("mx: a.example\nmx: *.b.example", "x.b.example", true)]
    [TestCase("mx: a.example\nmx: *.b.example", "b.example", false)]
    public void The_name_in_the_MX_record_is_what_must_match(string mx, string mxHost, bool permitted) =>
        Assert.That(StsPolicy.Parse($"version: STSv1\nmode: enforce\nmax_age: 86400\n{mx}\n").Permits(DomainName.Parse(mxHost)), Is.EqualTo(permitted));

    [Test]
    public void The_first_pattern_that_names_the_host_is_told()
    {
        StsPolicy policy = StsPolicy.Parse("version: STSv1\nmode: enforce\nmax_age: 1\nmx: mx9.example\nmx: *.b.example\nmx: mx.b.example\n");
        Assert.That(policy.PatternFor(DomainName.Parse("mx.b.example"))?.ToString(), Is.EqualTo("*.b.example"));
        Assert.That(policy.PatternFor(DomainName.Parse("mx.c.example")), Is.Null);
    }

    /// <summary>STS-068. RFC 8461 §4.1.</summary>
    [Test]
    public void Sixty_four_KiB_of_patterns_cost_nothing()
    {
        string text = "version: STSv1\nmode: enforce\nmax_age: 86400\n" + string.Concat(Enumerable.Range(0, 3000).Select(i => $"mx: *.a{i}.example\n"));
        StsPolicy policy = StsPolicy.Parse(text);
        DomainName[] hosts = [.. Enumerable.Range(0, 20).Select(i => DomainName.Parse($"mx.b{i}.example"))];
        _ = policy.Permits(hosts[0]);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool any = Array.Exists(hosts, policy.Permits);
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        Assert.That(any, Is.False);
        Assert.That(allocated, Is.LessThan(10_000), "nothing for each of the 60,000 comparisons");
    }

    [Test]
    public void A_pattern_goes_through_JSON_and_comes_back()
    {
        MxPattern pattern = MxPattern.Parse("*.Example.com");
        Assert.That(JsonSerializer.Deserialize<MxPattern>(JsonSerializer.Serialize(pattern)), Is.EqualTo(pattern));
        Assert.That(() => JsonSerializer.Deserialize<MxPattern>("\"*\""), Throws.TypeOf<JsonException>());
        Assert.That(() => MxPattern.Parse("*"), Throws.TypeOf<FormatException>().With.Message.Contains("'*'"));
        Assert.That(MxPattern.Parse("example.com"), Is.Not.EqualTo(MxPattern.Parse("*.example.com")));
    }

    /// <summary>LIB-10, STS-061. RFC 8461 §3.2, RFC 5321 §4.1.2.</summary>
    [Test]
    public void The_parser_accepts_exactly_the_grammar() =>
        Gen.OneOf(Gen.String, Gen.OneOf("a", "B9", "é", "*", "*.", ".", "-", "_", ":", " ", "example", "1", "xn--", new string('l', 63)).Array[0, 10].Select(string.Concat)).Sample(
            text => MxPattern.TryParse(text, out MxPattern? pattern) == IsPattern(text) && (pattern is null || MxPattern.Parse(pattern.ToString()).Equals(pattern)),
            iter: 20_000);

    /// <summary>STS-062. RFC 8461 §4.1.</summary>
    [Test]
    public void A_match_is_the_same_labels_or_the_same_labels_but_the_first() =>
        Gen.Select(Gen.OneOf("a", "b", "x-a", "ab").Array[1, 4], Gen.OneOf("a", "b", "x-a", "ab").Array[1, 4], Gen.Bool).Sample((left, right, wildcard) =>
            MxPattern.Parse((wildcard ? "*." : "") + string.Join('.', left)).Matches(DomainName.Parse(string.Join('.', right)))
                == left.SequenceEqual(wildcard ? right.Skip(1) : right), iter: 20_000);

    /// <summary>The grammar, written once more: <c>["*."] Domain</c>, without names that end in a number.</summary>
    internal static bool IsPattern(string text)
    {
        string name = text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text;
        return name.Length <= 253 && Domain().IsMatch(name) && !NumberAtTheEnd().IsMatch(name) && !EmptyALabel().IsMatch(name);
    }

    [GeneratedRegex(@"\A[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\z")]
    private static partial Regex Domain();

    [GeneratedRegex(@"(?:\A|\.)[0-9]+\z")]
    private static partial Regex NumberAtTheEnd();

    [GeneratedRegex(@"(?:\A|\.)[Xx][Nn]--(?:\.|\z)")]
    private static partial Regex EmptyALabel();
}
