using System.Text.RegularExpressions;
using CsCheck;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Policies;

public sealed partial class StsRecordTests
{
    private const string Token32 = "abcdefghijklmnopqrstuvwxyz012345";

    /// <summary>STS-014, STS-016, STS-017, STS-020. RFC 8461 §3.1.</summary>
    [TestCase("v=STSv1;id=a", "a")]
    [TestCase("v=STSv1; id=a;", "a")]
    [TestCase("v=STSv1; x=1; id=a", "a")]
    [TestCase("v=STSv1; id=a; x=1", "a")]
    [TestCase("v=STSv1;\t id=a \t;", "a")]
    [TestCase("v=STSv1; id=a; \t", "a")]
    [TestCase("v=STSv1; id=20160831085700Z;", "20160831085700Z")]
    [TestCase("v=STSv1; id=" + Token32, Token32)]
    [TestCase("v=STSv1; id=a; foo=bar; x-1.y_z=!#$%&", "a")]
    [TestCase("v=STSv1; " + Token32 + "=1; id=a", "a")]
    [TestCase("v=STSv1; ID=x; id=a", "a")]
    public void A_record_of_the_grammar_has_its_id(string text, string id)
    {
        Assert.That(StsRecord.TryParse(text, out StsRecord? record, out string? fault), Is.True, fault);
        Assert.That(record!.Id, Is.EqualTo(id));
    }

    /// <summary>STS-013. RFC 8461 §3.1.</summary>
    [TestCase(" v=STSv1; id=a")]
    [TestCase("V=STSv1;id=a")]
    [TestCase("v=stsv1;id=a")]
    [TestCase("v=STSv10;id=a")]
    [TestCase("v=STSv2;id=a")]
    [TestCase("id=a; v=STSv1")]
    [TestCase("v=\"STSv1\";id=a")]
    [TestCase("v = STSv1;id=a")]
    [TestCase("\uFEFFv=STSv1;id=a")]
    public void The_version_comes_first_and_to_the_letter(string text) => AssertNoRecord(text);

    /// <summary>STS-014. RFC 8461 §3.1.</summary>
    [TestCase("")]
    [TestCase(Token32 + "6")]
    [TestCase("2023-01-01T00:00:00Z")]
    [TestCase("a_b")]
    [TestCase("ä")]
    [TestCase("１")]
    [TestCase("\"1\"")]
    [TestCase("a.b")]
    public void An_id_has_1_to_32_letters_and_digits(string id) => AssertNoRecord("v=STSv1; id=" + id);

    /// <summary>STS-017, STS-018, STS-021, STS-023. RFC 8461 §3.1.</summary>
    [TestCase("v=STSv1; id = a")]
    [TestCase("v=STSv1; id =a")]
    [TestCase("v=STSv1; id= a")]
    [TestCase("v=STSv1;\r\n id=a")]
    [TestCase("v=STSv1;\nid=a")]
    [TestCase("v=STSv1;\u00A0id=a")]
    [TestCase("v=STSv1 id=a")]
    [TestCase("v=STSv1, id=a")]
    [TestCase("v=STSv1;;id=a")]
    [TestCase("v=STSv1; ; id=a")]
    [TestCase("v=STSv1; id=a;;")]
    [TestCase("v=STSv1")]
    [TestCase("v=STSv1;")]
    [TestCase("v=STSv1; x=1")]
    [TestCase("v=STSv1; id=a; foo")]
    [TestCase("v=STSv1; id=a; foo=")]
    [TestCase("v=STSv1; id=a; =x")]
    [TestCase("v=STSv1; id=a; foo=a=b")]
    [TestCase("v=STSv1; id=a; foo=a b")]
    [TestCase("v=STSv1; id=a b")]
    [TestCase("v=STSv1; id=a; foo=\u0001")]
    [TestCase("v=STSv1; id=a; foo=\u007F")]
    [TestCase("v=STSv1; id=a; foo=ä")]
    [TestCase("v=STSv1; id=a; fö=a")]
    [TestCase("v=STSv1; id=a; _x=1")]
    [TestCase("v=STSv1; id=a; -x=1")]
    [TestCase("v=STSv1; id=a; .x=1")]
    [TestCase("v=STSv1; id=a; x$=1")]
    [TestCase("v=STSv1; id=a; " + Token32 + "6=1")]
    [TestCase("v=STSv1; ID=a")]
    [TestCase("v=STSv1; Id=a")]
    public void A_record_outside_the_grammar_is_none(string text) => AssertNoRecord(text);

    /// <summary>STS-022. RFC 8461 §3.2.</summary>
    [TestCase("v=STSv1; id=a; id=b", "a")]
    [TestCase("v=STSv1; id=a; id=-bad-", "a")]
    [TestCase("v=STSv1; id=a; v=STSv2", "a")]
    [TestCase("v=STSv1; id=-bad-; id=b", null)]
    public void Of_a_repeated_field_the_first_counts(string text, string? id)
    {
        _ = StsRecord.TryParse(text, out StsRecord? record, out _);
        Assert.That(record?.Id, Is.EqualTo(id));
    }

    /// <summary>STS-019. RFC 8461 §3.1, erratum 6285.</summary>
    [TestCase("v=STSv1 ; id=a", "a")]
    [TestCase("v=STSv1\t;id=a", "a")]
    [TestCase("v=STSv1;id=a ", "a")]
    [TestCase("v=STSv1;id=a\t ", "a")]
    public void White_space_before_a_semicolon_and_at_the_end_is_let_pass(string text, string id)
    {
        Assert.That(StsRecord.TryParse(text, out StsRecord? record, out string? fault), Is.True, fault);
        Assert.That(record!.Id, Is.EqualTo(id));
    }

    /// <summary>STS-024. RFC 8461 §3.1.</summary>
    [TestCase(null)]
    [TestCase("")]
    [TestCase("\uFFFD\uFFFD\0")]
    [TestCase("v=STSv1; id=\uFFFD\uFFFD\0")]
    public void Odd_octets_do_no_harm(string? text) => AssertNoRecord(text);

    [Test]
    public void Half_a_surrogate_pair_does_no_harm() => AssertNoRecord("v=STSv1; id=\uD800");

    /// <summary>STS-024. RFC 8461 §3.1.</summary>
    [Test]
    public void A_record_of_64_KiB_does_no_harm()
    {
        AssertNoRecord("v=STSv1; id=" + new string('a', 65_000));
        AssertNoRecord("v=STSv1; " + string.Concat(Enumerable.Repeat("x=1;", 16_000)));
        Assert.That(StsRecord.TryParse("v=STSv1; " + string.Concat(Enumerable.Repeat("x=1;", 16_000)) + "id=a", out _, out _), Is.True);
    }

    [Test]
    public void A_fault_repeats_no_control_characters()
    {
        _ = StsRecord.TryParse("v=STSv1; \u001B[31mx\u0007", out _, out string? fault);
        Assert.That(fault, Has.None.Matches<char>(char.IsControl));
    }

    /// <summary>LIB-10. RFC 8461 §3.1.</summary>
    [Test]
    public void The_parser_accepts_exactly_the_grammar() =>
        Gen.OneOf(Gen.String, Gen.Select(Gen.OneOf("v=STSv1", "v=STSv1;", "v=STSv1; id=a", ""), Gen.OneOf(Pieces).Array[0, 12], (start, rest) => start + string.Concat(rest))).Sample(
            text =>
            {
                bool accepted = StsRecord.TryParse(text, out StsRecord? record, out string? fault);
                return accepted == (IdOf(text) is not null) && record?.Id == IdOf(text) && (fault is null) == accepted;
            }, iter: 50_000);

    private static readonly string[] Pieces =
        [";", ";", ";", " ", "\t", "id", "=", "id=b7", "id=", "x=1", "x-_.=~", "a", "Z", "9", "-", "_", ".", "\"", "\r\n", "\0", "ü", "\u00A0", "; id=a", " ; ", "v=STSv1", Token32];

    // The grammar, written once more; white space at the end counts as decided.
    private static string? IdOf(string text) => Grammar().Match(text) is { Success: true } match
        && match.Groups["field"].Captures.FirstOrDefault(field => field.Value.StartsWith("id=", StringComparison.Ordinal))?.Value is { } field
        && Id().IsMatch(field) ? field[3..] : null;

    [GeneratedRegex(@"\Av=STSv1(?:[ \t]*;[ \t]*(?<field>[A-Za-z0-9][A-Za-z0-9_.-]{0,31}=[\x21-\x3A\x3C\x3E-\x7E]+))+[ \t]*(?:;[ \t]*)?\z")]
    private static partial Regex Grammar();

    [GeneratedRegex(@"\Aid=[A-Za-z0-9]{1,32}\z")]
    private static partial Regex Id();

    private static void AssertNoRecord(string? text)
    {
        Assert.That(StsRecord.TryParse(text, out StsRecord? record, out string? fault), Is.False);
        Assert.That(record, Is.Null);
        Assert.That(fault, Is.Not.Empty);
    }
}
