using System.Text.Json;
using System.Text.RegularExpressions;
using CsCheck;
using MtaSts.Delivery.Names;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Names;

public sealed partial class DomainNameTests(string culture) : UnderEveryCulture(culture)
{
    private const string Label63 = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    /// <summary>STS-006, STS-007, STS-064, EAI-03, EAI-07, LIB-07. RFC 8461 §3.2, RFC 6531 §3.2.</summary>
    [TestCase("example.com", "example.com")]
    [TestCase("MX1.Example.COM", "mx1.example.com")]
    [TestCase("INFO.IT", "info.it")]
    [TestCase("mx1.example.com.", "mx1.example.com")]
    [TestCase("Bücher.Example", "xn--bcher-kva.example")]
    [TestCase("xn--bcher-kva.example", "xn--bcher-kva.example")]
    [TestCase("XN--BCHER-KVA.EXAMPLE", "xn--bcher-kva.example")]
    [TestCase("BÜCHER.example.", "xn--bcher-kva.example")]
    [TestCase("straße.example", "xn--strae-oqa.example")]
    [TestCase("STRASSE.example", "strasse.example")]
    [TestCase("mäil.example", "xn--mil-qla.example")]
    [TestCase("ümlaut.Ärger.example", "xn--mlaut-jva.xn--rger-koa.example")]
    [TestCase("例え。テスト", "xn--r8jz45g.xn--zckzah")]
    [TestCase("παράδειγμα.δοκιμή", "xn--hxajbheg2az3al.xn--jxalpdlp")]
    [TestCase("σς.example", "xn--3xab.example")]
    [TestCase("пример.испытание", "xn--e1afmkfd.xn--80akhbyknj4f")]
    [TestCase("mx_1.example.com", "mx_1.example.com")]
    [TestCase("_mta-sts.example.com", "_mta-sts.example.com")]
    [TestCase("localhost", "localhost")]
    [TestCase("4.3.2.1.in-addr.arpa", "4.3.2.1.in-addr.arpa")]
    [TestCase("a--b.example", "a--b.example")]
    [TestCase("1.example", "1.example")]
    [TestCase("example.1a", "example.1a")]
    [TestCase(Label63 + ".example", Label63 + ".example")]
    public void Every_spelling_becomes_lower_case_A_labels_without_a_trailing_dot(string text, string expected) =>
        Assert.That(DomainName.Parse(text).Value, Is.EqualTo(expected));

    /// <summary>STS-006. RFC 8461 §3.2.</summary>
    [Test]
    public void Three_spellings_of_one_name_are_one_key()
    {
        DomainName[] names = [DomainName.Parse("Bücher.Example"), DomainName.Parse("xn--bcher-kva.example"), DomainName.Parse("BÜCHER.example.")];
        Assert.That(names.ToHashSet(), Has.Count.EqualTo(1));
        Assert.That(names[0] == names[1] && !(names[0] != names[2]), Is.True);
    }

    /// <summary>STS-007, STS-008, EAI-07. RFC 5891 §4.2.</summary>
    [TestCase(null)]
    [TestCase("")]
    [TestCase(".")]
    [TestCase("..")]
    [TestCase(".example")]
    [TestCase("a..b")]
    [TestCase("ex..com")]
    [TestCase("example..")]
    [TestCase("xn--")]
    [TestCase("xn--.example")]
    [TestCase("XN--.example")]
    [TestCase("-a.example")]
    [TestCase("a-.example")]
    [TestCase("-ä.example")]
    [TestCase("ä-.example")]
    [TestCase("*.example")]
    [TestCase("a b.example")]
    [TestCase(" example")]
    [TestCase("example ")]
    [TestCase("a/b.example")]
    [TestCase("a@b.example")]
    [TestCase("a:25")]
    [TestCase("a\r\nb.example")]
    [TestCase("a\0.example")]
    [TestCase("[192.0.2.1]")]
    [TestCase("192.0.2.1")]
    [TestCase("192.0.2.1.")]
    [TestCase("127.1")]
    [TestCase("1")]
    [TestCase("example.123")]
    [TestCase("2001:db8::1")]
    [TestCase("a" + Label63 + ".example")]
    [TestCase("ＥＸＡＭＰＬＥ.com")]
    [TestCase("ｅxample.com")]
    [TestCase("ﬁsh.example")]
    [TestCase("bu\u0308cher.example")]
    [TestCase("\u0308bcher.example")]
    [TestCase("a\u200Db.example")]
    [TestCase("a\u00ADb.example")]
    [TestCase("a\u202Eb.example")]
    [TestCase("ä_b.example")]
    [TestCase("\u0130.example")]
    [TestCase("\u212A.example")]
    [TestCase("\u1E9E.example")]
    [TestCase("\u00B5.example")]
    [TestCase("\u13A0.example")]
    [TestCase("a\u180Bb.example")]
    [TestCase("\u1F80.example")]
    [TestCase("\u1C80.example")]
    [TestCase("１.example")]
    [TestCase("example。")]
    [TestCase("a\u2024b.example")]
    [TestCase("☃.example")]
    [TestCase("ab--ü.example")]
    [TestCase("💩.example")]
    public void What_is_no_name_is_refused_without_an_exception(string? text)
    {
        Assert.That(DomainName.TryParse(text, out DomainName? name), Is.False);
        Assert.That(name, Is.Null);
    }

    // Kept out of the attributes, which are stored as UTF-8 and cannot hold them.
    [Test]
    public void Half_a_surrogate_pair_is_no_letter() =>
        Assert.That(DomainName.TryParse("a\uD800.example", out _) || DomainName.TryParse("\uDC00b.example", out _), Is.False);

    /// <summary>STS-008. RFC 1035 §2.3.4.</summary>
    [TestCase(241, true)]
    [TestCase(245, true)]
    [TestCase(246, false)]
    [TestCase(250, false)]
    [TestCase(253, false)]
    public void A_name_too_long_to_put_the_policy_host_in_front_has_none(int length, bool hasPolicyHost)
    {
        DomainName domain = DomainName.Parse(OfLength(length));
        Assert.That(domain.Prepend("mta-sts") is not null, Is.EqualTo(hasPolicyHost));
    }

    /// <summary>STS-008. RFC 1035 §2.3.4.</summary>
    [TestCase(253, true)]
    [TestCase(254, false)]
    [TestCase(1000, false)]
    [TestCase(100_000, false)]
    public void A_name_has_at_most_253_octets(int length, bool isName) =>
        Assert.That(DomainName.TryParse(OfLength(length), out _), Is.EqualTo(isName));

    [TestCase("a.b.example", "b.example")]
    [TestCase("b.example", "example")]
    [TestCase("example", null)]
    public void The_parent_is_what_stands_behind_the_first_label(string name, string? parent) =>
        Assert.That(DomainName.Parse(name).Parent?.Value, Is.EqualTo(parent));

    [TestCase("mx1.example", true)]
    [TestCase("mx_1.example", false)]
    [TestCase("_dmarc.example", false)]
    public void A_name_with_an_underscore_is_no_host_name(string name, bool isHostName) =>
        Assert.That(DomainName.Parse(name).IsHostName, Is.EqualTo(isHostName));

    [Test]
    public void Parse_says_what_a_name_is() =>
        Assert.That(() => DomainName.Parse("a..b"), Throws.TypeOf<FormatException>().With.Message.Contains("'a..b'"));

    [Test]
    public void A_name_goes_through_JSON_and_comes_back()
    {
        DomainName name = DomainName.Parse("Bücher.example");
        Assert.That(JsonSerializer.Serialize(name), Is.EqualTo("\"xn--bcher-kva.example\""));
        Assert.That(JsonSerializer.Deserialize<DomainName>("\"BÜCHER.example\""), Is.EqualTo(name));
        Assert.That(() => JsonSerializer.Deserialize<DomainName>("\"a..b\""), Throws.TypeOf<JsonException>());
    }

    /// <summary>LIB-10. RFC 1035 §2.3.1, RFC 1123 §2.1.</summary>
    [Test]
    public void Whatever_text_comes_the_parser_does_not_throw_and_accepts_only_names() =>
        Gen.OneOf(Gen.String, Gen.OneOf(Pieces).Array[0, 12].Select(string.Concat)).Sample(
            text => !DomainName.TryParse(text, out DomainName? name)
                || (Grammar().IsMatch(name.Value) && name.Value.Length <= 253 && DomainName.Parse(name.Value) == name && string.Join('.', name.Labels) == name.Value),
            iter: 20_000);

    private static readonly string[] Pieces =
        ["a", "B", "ü", "Ü", "ß", "I", "ı", "İ", "1", "-", "_", ".", "。", "xn--", "*", " ", "\0", "\r\n", "\u0308", "\u200D", "ａ", "例", "\uD83D", "\uDE00", "example"];

    private static string OfLength(int length)
    {
        // Labels of 49 letters, and a last one that fills up.
        string text = string.Concat(Enumerable.Repeat(new string('a', 49) + ".", length / 50));
        string rest = new('b', length - text.Length);
        return rest.Length == 0 ? text[..^2] + "cc" : text + rest;
    }

    [GeneratedRegex(@"\A(?!(?:.*\.)?[0-9]+\z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)*\z")]
    private static partial Regex Grammar();
}
