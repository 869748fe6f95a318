using CsCheck;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Policies;

public sealed class RecordRulesTests
{
    /// <summary>STS-011. RFC 8461 §3.1.</summary>
    [TestCase("a", "v=STSv1; id=a")]
    [TestCase("a", "v=spf1 -all", "v=STSv1; id=a", "v=STSv2; id=b")]
    [TestCase("a", "v=STSv1; id=a", "v=stsv1; id=b", "v=STSv10; id=c", "")]
    [TestCase("20160831", "v=STSv1; id=20160831;")]
    public void Records_of_other_kinds_do_not_count(string id, params string[] texts) =>
        Assert.That(RecordRules.Select(texts), Is.EqualTo(new RecordLookup.Found(new StsRecord(id))));

    /// <summary>STS-012. RFC 8461 §3.1.</summary>
    [TestCase("v=STSv1; id=a", "v=STSv1; id=b")]
    [TestCase("v=STSv1; id=a", "v=STSv1; id=a")]
    [TestCase("v=STSv1; id=a", "v=STSv1; garbage")]
    [TestCase("v=STSv1;", "v=STSv1; id=a")]
    [TestCase("v=STSv1; id=a", "v=spf1 -all", "v=STSv1; id=a")]
    public void Two_records_are_as_good_as_none(params string[] texts) =>
        Assert.That(RecordRules.Select(texts), Is.InstanceOf<RecordLookup.Invalid>());

    /// <summary>STS-013, STS-014, STS-018. RFC 8461 §3.1.</summary>
    [TestCase("v=STSv1;")]
    [TestCase("v=STSv1; id=")]
    [TestCase("v=STSv1; id=a_b")]
    [TestCase("v=STSv10;id=a")]
    public void One_malformed_record_is_told_from_none(string text) =>
        Assert.That(RecordRules.Select([text]), Is.InstanceOf<RecordLookup.Invalid>());

    /// <summary>STS-013, STS-024. RFC 8461 §3.1.</summary>
    [TestCase("v=spf1 -all")]
    [TestCase(" v=STSv1; id=a")]
    [TestCase("V=STSv1;id=a")]
    [TestCase("")]
    [TestCase("\uFFFD\uFFFD\0")]
    [TestCase("v=spf1 -all", "v=DMARC1; p=none")]
    public void Without_a_record_there_is_none(params string[] texts) =>
        Assert.That(RecordRules.Select(texts), Is.InstanceOf<RecordLookup.None>());

    /// <summary>STS-019. RFC 8461 §3.1, erratum 6285.</summary>
    [Test]
    public void White_space_before_the_first_semicolon_passes_alone_and_falls_through_the_filter_among_others()
    {
        Assert.That(RecordRules.Select(["v=STSv1 ; id=a"]), Is.EqualTo(new RecordLookup.Found(new StsRecord("a"))));
        Assert.That(RecordRules.Select(["v=STSv1 ; id=a", "v=spf1 -all"]), Is.InstanceOf<RecordLookup.None>());
        Assert.That(RecordRules.Select(["v=STSv1 ; id=a", "v=STSv1; id=b"]), Is.EqualTo(new RecordLookup.Found(new StsRecord("b"))));
    }

    /// <summary>STS-024. RFC 8461 §3.1.</summary>
    [Test]
    public void A_thousand_records_do_no_harm() =>
        Assert.That(RecordRules.Select([.. Enumerable.Repeat("v=STSv1; id=a", 1000)]), Is.InstanceOf<RecordLookup.Invalid>());

    /// <summary>STS-012, LIB-10. RFC 8461 §3.1.</summary>
    [Test]
    public void A_record_is_found_only_when_exactly_one_text_passes_the_filter() =>
        Gen.OneOf("v=STSv1; id=a", "v=STSv1; bad", "v=STSv1;id=b;", "v=spf1", "", "V=STSv1;id=c").Array[2, 6].Sample(texts =>
            RecordRules.Select(texts) is RecordLookup.Found
                == (texts.Count(text => text.StartsWith("v=STSv1;", StringComparison.Ordinal)) == 1 && texts.Any(text => text is "v=STSv1; id=a" or "v=STSv1;id=b;")));
}
