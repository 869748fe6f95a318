using CsCheck;
using MtaSts.Delivery.Reporting;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Reporting;

public sealed class TlsRptRecordTests
{
    private const string Token32 = "abcdefghijklmnopqrstuvwxyz012345";

    /// <summary>RPT-02, RPT-03. RFC 8460 §3.</summary>
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example", "mailto a@x.example")]
    [TestCase("v=TLSRPTv1; rua=mailto:a@x.example;", "mailto a@x.example")]
    [TestCase("v=TLSRPTv1; rua=mailto:a@x.example ; \t", "mailto a@x.example")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x , https://r.example/t", "mailto a@x|https https://r.example/t")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;rua=mailto:b@x.example", "mailto a@x.example|mailto b@x.example")]
    [TestCase("v=TLSRPTv1;foo=1;rua=HTTPS://R.example:8443/a%2Cb?c=d#e", "https https://r.example:8443/a%2Cb?c=d")]
    [TestCase("v=TLSRPTv1;a_b=1;a-b=1;a.b=!~;a9=1;rua=mailto:a@x.example", "mailto a@x.example")]
    [TestCase("v=TLSRPTv1;" + Token32 + "=1;rua=mailto:a@x.example", "mailto a@x.example")]
    [TestCase("v=TLSRPTv1 \t;rua=mailto:a@x.example;foo=bar", "mailto a@x.example")]
    [TestCase("v=TLSRPTv1;rua=mailto:a%2Cb@x.example", "mailto \"a,b\"@x.example")]
    [TestCase("v=TLSRPTv1;rua=MAILTO:%22a%20b%22@x.example", "mailto \"a b\"@x.example")]
    [TestCase("v=TLSRPTv1;rua=mailto:a%21b@x.example", "mailto a!b@x.example")]
    public void A_record_says_where_reports_are_wanted(string text, string targets) => Assert.That(Describe(text), Is.EqualTo(targets));

    /// <summary>RPT-03. RFC 8460 §3.</summary>
    [TestCase("v=tlsrptv1;rua=mailto:a@x.example")]
    [TestCase("V=TLSRPTv1;rua=mailto:a@x.example")]
    [TestCase(" v=TLSRPTv1;rua=mailto:a@x.example")]
    [TestCase("v=TLSRPTv2;rua=mailto:a@x.example")]
    [TestCase("v=TLSRPTv11;rua=mailto:a@x.example")]
    [TestCase("rua=mailto:a@x.example;v=TLSRPTv1")]
    public void The_version_comes_first_and_to_the_letter(string text) => AssertNoRecord(text);

    /// <summary>RPT-02. RFC 8460 §3.</summary>
    [TestCase("v=TLSRPTv1")]
    [TestCase("v=TLSRPTv1;")]
    [TestCase("v=TLSRPTv1;foo=1")]
    [TestCase("v=TLSRPTv1;RUA=mailto:a@x.example")]
    [TestCase("v=TLSRPTv1;;rua=mailto:a@x.example")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;;")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;foo")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;foo=")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;=1")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;a$=1")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;ä=1")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;a=ä")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;a=b=c")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;a=b c")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;a=b\u007F")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;a=b\u0001")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;" + Token32 + "6=1")]
    [TestCase("v=TLSRPTv1;rua=mailto:a@x.example;_x=1")]
    [TestCase("v=TLSRPTv1 rua=mailto:a@x.example")]
    public void What_is_off_the_grammar_is_no_record(string text) => AssertNoRecord(text);

    /// <summary>RPT-04, RPT-08. RFC 8460 §3, §7, RFC 6068 §7.</summary>
    [TestCase("postmaster@x.example")]
    [TestCase("http://x.example/")]
    [TestCase("ftp://x.example/")]
    [TestCase("")]
    [TestCase("mailto:")]
    [TestCase("mailto:x.example")]
    [TestCase("mailto:a%0D%0ABcc:b@x.example")]
    [TestCase("mailto:a@x.example%0d%0aRCPT%20TO:%3cv@y.example%3e")]
    [TestCase("mailto:a@x.example%2Cb@x.example")]
    [TestCase("mailto:a@[127.0.0.1]")]
    [TestCase("mailto:a%zz@x.example")]
    [TestCase("mailto:a%FF@x.example")]
    [TestCase("mailto:a%2@")]
    [TestCase("mailto:a@x.example mailto:b@x.example")]
    [TestCase("mailto:jürgen@x.example")]
    [TestCase("https:///t")]
    [TestCase("https://user:pass@r.example/")]
    [TestCase("https://127.0.0.1/")]
    [TestCase("https://2130706433/")]
    [TestCase("https://[::1]/")]
    [TestCase("https://localhost/")]
    [TestCase("https://r.example\r\n.evil/")]
    public void An_unusable_target_does_no_harm_to_the_others(string uri)
    {
        Assert.That(TlsRptRecord.TryParse($"v=TLSRPTv1;rua={uri},mailto:good@x.example", out TlsRptRecord? record, out string? fault), Is.True, fault);
        Assert.That(record!.Rua[0], Is.TypeOf<ReportTarget.Unusable>());
        Assert.That(((ReportTarget.Unusable)record.Rua[0]).Text, Has.None.InRange('\0', '\u001F'));
        Assert.That(record.Usable.Select(Describe), Is.EqualTo(["mailto good@x.example"]));
    }

    /// <summary>RPT-08. RFC 6068 §7.</summary>
    [Test]
    public void Header_fields_in_a_mailto_uri_are_ignored() =>
        Assert.That(Describe("v=TLSRPTv1;rua=mailto:a@x.example?bcc=v@y.example&subject=z"), Is.EqualTo("mailto a@x.example"));

    /// <summary>RPT-08. RFC 8460 §7.</summary>
    [Test]
    public void However_much_a_record_names_little_of_it_is_kept()
    {
        string many = string.Join(',', Enumerable.Range(0, 5000).Select(i => $"mailto:a{i}@x.example"));
        Assert.That(TlsRptRecord.TryParse("v=TLSRPTv1;rua=" + many + ";rua=" + many, out TlsRptRecord? record, out _), Is.True);
        Assert.That(record!.Usable.Count(), Is.EqualTo(16));
        Assert.That(record.Rua, Has.Count.EqualTo(17));
        string huge = "mailto:" + new string('a', 10240) + "@x.example";
        Assert.That(((ReportTarget.Unusable)ReportTarget.Read(huge)).Text, Has.Length.EqualTo(256));
    }

    /// <summary>RPT-08. RFC 8460 §7.</summary>
    [TestCase(16, 16)]
    [TestCase(17, 17)]
    [TestCase(40, 17)]
    public void So_many_URIs_are_read_and_it_is_told_when_there_are_more(int uris, int targets)
    {
        string[] all = [.. Enumerable.Range(0, uris).Select(i => $"mailto:a{i}@x.example")];
        foreach (string text in new[] { "rua=" + string.Join(',', all), string.Join(';', all.Select(uri => "rua=" + uri)) })
        {
            Assert.That(TlsRptRecord.TryParse("v=TLSRPTv1;" + text, out TlsRptRecord? record, out _), Is.True);
            Assert.That(record!.Usable.Select(Describe), Is.EqualTo(Enumerable.Range(0, 16).Select(i => $"mailto a{i}@x.example")));
            Assert.That(record.Rua.Skip(16).Select(Describe), Is.EqualTo(Enumerable.Repeat("unusable …: only the first 16 URIs are read", targets - 16)));
        }
    }

    /// <summary>RPT-01. RFC 8460 §3; decision AMB-1.</summary>
    [Test]
    public void White_space_before_the_first_semicolon_passes_alone_and_falls_through_the_filter_among_others()
    {
        const string spaced = "v=TLSRPTv1 ;rua=mailto:a@x.example";
        Assert.That(TlsRptRules.Select([spaced]), Is.TypeOf<TlsRptLookup.Found>());
        Assert.That(TlsRptRules.Select([spaced, "v=spf1 -all"]), Is.TypeOf<TlsRptLookup.None>());
        Assert.That(TlsRptRules.Select([spaced, "v=TLSRPTv1;rua=mailto:b@x.example"]), Is.TypeOf<TlsRptLookup.Found>());
    }

    /// <summary>RPT-01. RFC 8460 §3.</summary>
    [Test]
    public void Exactly_one_record_must_remain()
    {
        const string good = "v=TLSRPTv1;rua=mailto:a@x.example";
        Assert.That(TlsRptRules.Select([good]), Is.TypeOf<TlsRptLookup.Found>());
        Assert.That(TlsRptRules.Select(["v=spf1 -all", good]), Is.TypeOf<TlsRptLookup.Found>());
        Assert.That(TlsRptRules.Select([good, good]), Is.TypeOf<TlsRptLookup.Invalid>());
        Assert.That(TlsRptRules.Select([good, "v=TLSRPTv1;garbage"]), Is.TypeOf<TlsRptLookup.Invalid>());
        Assert.That(TlsRptRules.Select(["v=TLSRPTv1;garbage"]), Is.TypeOf<TlsRptLookup.Invalid>());
        Assert.That(TlsRptRules.Select(["v=spf1 -all"]), Is.TypeOf<TlsRptLookup.None>());
        Assert.That(TlsRptRules.Select([]), Is.TypeOf<TlsRptLookup.None>());
    }

    [Test]
    public void No_text_whatever_makes_the_reader_throw()
    {
        Gen<string> piece = Gen.OneOf(
            Gen.OneOf([.. new[] { "v=TLSRPTv1", ";", "rua=", "mailto:", "https://", ",", "%", "%2C", "%0A", "@", "x.example", " ", "\t", "?", "[", "]", "\"", "\\", "\ud800", "\u0000" }.Select(Gen.Const)]), Gen.String);
        piece.Array[0, 24].Select(string.Concat).Sample(text =>
        {
            if (TlsRptRecord.TryParse("v=TLSRPTv1;" + text, out TlsRptRecord? record, out _))
            {
                Assert.That(record.Rua, Is.Not.Empty);
                foreach (ReportTarget.Mail mail in record.Rua.OfType<ReportTarget.Mail>())
                {
                    Assert.That(mail.Address.ToString().Any(char.IsControl), Is.False);
                }
            }
        });
    }

    private static void AssertNoRecord(string text)
    {
        Assert.That(TlsRptRecord.TryParse(text, out _, out string? fault), Is.False);
        Assert.That(fault, Is.Not.Empty);
    }

    private static string Describe(string text) => TlsRptRecord.TryParse(text, out TlsRptRecord? record, out string? fault) ? string.Join('|', record.Rua.Select(Describe)) : fault;

    private static string Describe(ReportTarget target) => target switch
    {
        ReportTarget.Mail mail => "mailto " + mail.Address,
        ReportTarget.Https https => "https " + https.Endpoint.AbsoluteUri,
        ReportTarget.Unusable unusable => $"unusable {unusable.Text}: {unusable.Fault}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };
}
