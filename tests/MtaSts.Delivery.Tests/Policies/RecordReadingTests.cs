using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Policies;

/// <summary>What a checker is told about the TXT records, and about which of them.</summary>
public sealed class RecordReadingTests
{
    private const string Token32 = "abcdefghijklmnopqrstuvwxyz012345";

    /// <summary>STS-016, STS-019, STS-020, STS-022. RFC 8461 §3.1.</summary>
    [TestCase("v=STSv1; id=a", "found")]
    [TestCase("v=STSv1;id=a;", "found")]
    [TestCase("v=STSv1;\tid=a; \t", "found")]
    [TestCase("v=STSv1; id=a ", "trailing-space found")]
    [TestCase("v=STSv1 ; id=a", "space-before-semicolon found")]
    [TestCase("v=STSv1; id=a\t; foo=1 ; bar=2 ", "space-before-semicolon extension trailing-space found")]
    [TestCase("v=STSv1; id=a; id=b; id=c", "id-duplicate found")]
    [TestCase("v=STSv1; ID=x; id=a; mode=none; RUA=x", "field-case policy-fields tls-record-fields found")]
    public void What_a_sender_passes_over_is_told_once(string text, string findings)
    {
        var reading = RecordReading.Of([text]);
        Assert.That(reading.Lookup, Is.EqualTo(new RecordLookup.Found(new StsRecord("a"))));
        Assert.That(reading.Findings.Select(Short), Is.EqualTo(findings.Split(' ').Select(code => "1:" + code)));
    }

    /// <summary>STS-014, STS-017, STS-018, STS-021. RFC 8461 §3.1.</summary>
    [TestCase("v=STSv1", "id-missing")]
    [TestCase("v=STSv1; foo=1", "id-missing extension")]
    [TestCase("v=STSv1; id=", "id-empty")]
    [TestCase("v=STSv1; id=" + Token32 + "6", "id-too-long")]
    [TestCase("v=STSv1; id=a-b", "id-invalid")]
    [TestCase("v=STSv1; id=" + Token32 + "-", "id-invalid")]
    [TestCase("v=STSv1; id=-; id=a; foo", "id-invalid")]
    [TestCase("v=STSv1; id=a; foo; bar", "field-malformed")]
    [TestCase("v=STSv1; id=a; foo=1; bar", "field-malformed extension")]
    [TestCase("v=STSv1;; id=a", "field-empty")]
    [TestCase("v=STSv1; id:a", "colon-for-equals")]
    [TestCase("v=STSv1; id = a", "space-around-equals")]
    [TestCase("v=STSv1 id=a", "separator-missing")]
    [TestCase("v=STSv10; id=a", "version-wrong")]
    public void What_makes_a_text_no_record_is_told_first(string text, string findings)
    {
        var reading = RecordReading.Of([text]);
        Assert.That(reading.Findings.Select(Short), Is.EqualTo(findings.Split(' ').Select(code => "1:" + code)));
        Assert.That(reading.Lookup, Is.EqualTo(new RecordLookup.Invalid(reading.Findings[0].Message, reading.Findings[0].Code)));
    }

    [Test]
    public void A_finding_says_what_was_seen()
    {
        Assert.That(Message("v=STSv1; id=a"), Is.EqualTo("the record's id is a"));
        Assert.That(Message("v=STSv1; id=a\u0007"), Is.EqualTo("the field 'id=a?' is not name=value"));
        Assert.That(Message("v=STSv1; id=a," + new string('x', 100)), Is.EqualTo($"the id 'a,{new string('x', 62)}' is not 1 to 32 letters and digits"));
        Assert.That(Message("v=STSv1x"), Is.EqualTo("unexpected 'x'"));
    }

    [Test]
    public void No_text_is_no_record()
    {
        var reader = new RecordReader(null);
        reader.Read(null);
        Assert.That(reader.Fault, Is.EqualTo(new Finding("record.unrelated-txt", "the record does not begin with v=STSv1")));
        Assert.That(reader.Id, Is.Null);
    }

    /// <summary>STS-013, STS-024. RFC 8461 §3.1.</summary>
    [TestCase("missing")]
    [TestCase("missing 1:unrelated-txt", "v=spf1 -all")]
    [TestCase("missing 1:unrelated-txt 2:unrelated-txt", "v=spf1 -all", "")]
    [TestCase("1:version-wrong", "v=STSv2; id=a")]
    [TestCase("1:unrelated-txt 2:version-missing", "v=spf1 -all", "id=a")]
    [TestCase("missing 1:filtered-out 2:unrelated-txt", "v=STSv1 ; id=a", "v=spf1 -all")]
    [TestCase("1:unrelated-txt 2:version-wrong", "v=spf1 -all", "v=STSv1, id=a")]
    public void Why_there_is_no_record_is_told(string findings, params string[] texts)
    {
        var reading = RecordReading.Of(texts);
        Assert.That(reading.Lookup, Is.InstanceOf<RecordLookup.None>());
        Assert.That(reading.Findings.Select(Short), Is.EqualTo(findings.Split(' ')));
    }

    /// <summary>STS-011, STS-012, STS-019. RFC 8461 §3.1.</summary>
    [TestCase("2:found 1:unrelated-txt", "v=spf1 -all", "v=STSv1; id=a")]
    [TestCase("1:found 2:filtered-out 3:version-wrong", "v=STSv1; id=a", "v=STSv1\t; id=b", "v=STSv10; id=c")]
    [TestCase("2:id-missing 2:extension 1:unrelated-txt", "x", "v=STSv1; foo=1")]
    [TestCase("multiple", "v=STSv1; id=a", "v=STSv1; id=b")]
    [TestCase("multiple 1:trailing-space 3:id-missing 2:unrelated-txt", "v=STSv1; id=a ", "x", "v=STSv1;")]
    public void Of_several_texts_each_is_told_by_its_number(string findings, params string[] texts) =>
        Assert.That(RecordReading.Of(texts).Findings.Select(Short), Is.EqualTo(findings.Split(' ')));

    [Test]
    public void A_text_of_another_kind_is_shown_in_short_and_without_control_characters()
    {
        Assert.That(RecordReading.Of([]).Findings.Single().Message, Is.EqualTo("there is no TXT record"));
        Assert.That(RecordReading.Of(["x\u0007" + new string('y', 100)]).Findings.Select(finding => finding.Message), Is.EqualTo(
            ["no TXT record begins with v=STSv1;", $"'x?{new string('y', 62)}' is not an MTA-STS record"]));
        Assert.That(RecordReading.Of(["v=STSv1 ; id=a", "x"]).Findings[1].Message, Is.EqualTo("among several records, 'v=STSv1 ; id=a' does not begin with v=STSv1;"));
        Assert.That(RecordReading.Of(["v=STSv1;", "v=STSv1;"]).Findings[0].Message, Is.EqualTo("2 MTA-STS records; there must be exactly one"));
    }

    /// <summary>STS-024. RFC 8461 §3.1.</summary>
    [Test]
    public void At_most_a_hundred_findings_are_told()
    {
        string[] others = [.. Enumerable.Repeat("x", 200)], bad = [.. Enumerable.Repeat("v=STSv1;", 200)];
        Assert.That(RecordReading.Of(others).Findings.Select(Short), Is.EqualTo(Enumerable.Range(1, 99).Select(i => i + ":unrelated-txt").Prepend("missing")));
        Assert.That(RecordReading.Of([.. others, "v=STSv1; id=a"]).Findings.Select(Short), Is.EqualTo(Enumerable.Range(1, 99).Select(i => i + ":unrelated-txt").Prepend("201:found")));
        Assert.That(RecordReading.Of([.. others, "v=STSv1;"]).Findings.Select(Short), Is.EqualTo(Enumerable.Range(1, 99).Select(i => i + ":unrelated-txt").Prepend("201:id-missing")));
        Assert.That(RecordReading.Of(bad).Findings.Select(Short), Is.EqualTo(Enumerable.Range(1, 99).Select(i => i + ":id-missing").Prepend("multiple")));
    }

    private static string Message(string text) => RecordReading.Of([text]).Findings[0].Message;

    private static string Short(Finding finding) => (finding.Line is { } line ? $"{line}:" : "") + finding.Code["record.".Length..];
}
