using System.Text;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Policies;

/// <summary>What a checker is told about a policy, and in which line.</summary>
public sealed class PolicyReadingTests
{
    private const string Good = "version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmax_age: 604800\r\n";

    /// <summary>STS-031, STS-035, STS-042. RFC 8461 §3.2.</summary>
    [TestCase(Good, "mode-enforce")]
    [TestCase("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmax_age: 604800", "mode-enforce")]
    [TestCase("version: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\nmax_age: 604800\r\n", "mode-testing")]
    [TestCase("version: STSv1\r\nmode: none\r\nmax_age: 604800\r\n", "mode-none")]
    [TestCase("version: STSv1\r\nmode: none\r\nmx: mx1.example.com\r\nmax_age: 604800\r\n", "mode-none mx-ignored")]
    [TestCase("version: STSv1\nmode: enforce\r\nmx: mx1.example.com\r\nmax_age: 604800\r\n", "mode-enforce line-ends-lf")]
    [TestCase("version: STSv1\nmode: enforce\nmx: mx1.example.com\nmax_age: 604800", "mode-enforce line-ends-lf")]
    [TestCase(Good + "\r\n", "5:blank-line-at-end mode-enforce")]
    [TestCase(Good + "\r\n\r\n\r\n", "5:blank-line-at-end mode-enforce")]
    [TestCase("version: STSv1\r\nmode: enforce\r\nmx: mx1.example.com\r\nmax_age: 86400\r\n", "4:max-age-low mode-enforce")]
    [TestCase("max_age: 0\r\nversion: STSv1\r\nmode: testing\r\nmx: mx1.example.com\r\n", "1:max-age-zero 2:version-not-first mode-testing")]
    public void What_the_whole_policy_is_worth_is_told(string text, string findings) => Assert.That(Codes(text), Is.EquivalentTo(findings.Split(' ')));

    /// <summary>STS-036, STS-037, STS-039. RFC 8461 §3.2.</summary>
    [TestCase("mode: none", "line 5: a second mode: only the first counts", "key-duplicate")]
    [TestCase("comment: x", "line 5: the key 'comment' is not known and is passed over", "key-unknown")]
    [TestCase("Mode: none", "line 5: 'Mode' is not a key that senders know, and is passed over", "key-case")]
    [TestCase("max-age: 1", "line 5: 'max-age' is not a key that senders know, and is passed over", "key-misspelt")]
    [TestCase("mx: MX1.example.com", "line 5: mx1.example.com stands here twice", "mx-duplicate")]
    [TestCase("mx: mail", "line 5: the mx 'mail' is a name of one label", "mx-single-label")]
    [TestCase("mx: *.com", "line 5: the mx '*.com' is every name of a top-level domain", "mx-wildcard-too-wide")]
    public void A_line_that_harms_nobody_is_told_with_its_number(string line, string told, string code)
    {
        PolicyReading reading = Read(Good + line + "\r\n");
        Assert.That(reading.Policy, Is.Not.Null);
        Assert.That(reading.Findings.Select(Short), Is.EqualTo(["5:" + code, "mode-enforce"]));
        Assert.That(reading.Findings[0].ToString(), Is.EqualTo(told));
    }

    /// <summary>STS-030, STS-031, STS-032, STS-050. RFC 8461 §3.2: each fault once, and not what only follows from it.</summary>
    [TestCase("", "empty")]
    [TestCase("\r\n\n", "empty")]
    [TestCase(" \r\n<!DOCTYPE html>", "html")]
    [TestCase("\uFEFF<html>", "html")]
    [TestCase("mode: none\r\nmax_age: 604800", "version-missing mode-none")]
    [TestCase("version: STSv1\r\nmax_age: 604800\r\nmx: a.example", "mode-missing")]
    [TestCase("version: STSv1\r\nmode: none", "max-age-missing mode-none")]
    [TestCase("version: STSv1\r\nmode: testing\r\nmax_age: 604800", "mx-missing mode-testing")]
    [TestCase("version: STSv1\r\nmax_age: 604800", "mode-missing mx-missing")]
    [TestCase("hello", "1:line-malformed version-missing mode-missing max-age-missing mx-missing")]
    [TestCase("version: STSv2\r\nmode: none\r\nmax_age: 604800", "1:version-wrong mode-none")]
    [TestCase("version: STSv1\r\nmode: report\r\nmax_age: 604800\r\nmx: a.example", "2:mode-unknown")]
    [TestCase("version: STSv1\r\nmode: Enforce\r\nmax_age: 604800\r\nmx: a.example", "2:mode-case")]
    [TestCase("version: STSv1\r\nmode: TESTING\r\nmax_age: 604800\r\nmx: a.example", "2:mode-case")]
    [TestCase("version: STSv1\r\nmode: None\r\nmax_age: 604800\r\nmx: a.example", "2:mode-case")]
    [TestCase("version: STSv1\r\nmode: none\r\nmax_age: 1 week", "3:max-age-not-number mode-none")]
    [TestCase("version: STSv1\r\nmode = enforce\r\nmx: a.example\r\nmax_age: 604800", "2:equals-sign")]
    [TestCase("version: STSv1\r\n mode: enforce\r\nmx : a.example\r\nmax_age: 604800", "2:leading-space 3:space-before-colon")]
    [TestCase("\uFEFFversion: STSv1\r\nmode: none\r\nmax_age: 604800", "1:bom mode-none")]
    [TestCase("version: STSv1 mode: enforce mx: a.example max_age: 604800", "1:one-line")]
    [TestCase("version: STSv1\r\nmode: enforce mx: a.example\r\nmax_age: 604800", "2:one-line")]
    [TestCase("version: STSv1\r\nmode: none\r\nmx: a b\r\nmax_age: 604800", "3:mx-list-in-one-line mode-none")]
    [TestCase("v=STSv1; id=1", "1:txt-record version-missing mode-missing max-age-missing mx-missing")]
    public void A_fault_is_told_with_its_line(string text, string findings)
    {
        PolicyReading reading = Read(text);
        Assert.That(reading.Policy, Is.Null);
        Assert.That(reading.Findings.Select(Short), Is.EqualTo(findings.Split(' ')));
        Assert.That(reading.Fault, Is.SameAs(reading.Findings[0]));
    }

    [Test]
    public void The_first_fault_decides_and_stands_before_what_was_noted_earlier() =>
        Assert.That(Codes("comment: x\r\n" + Good + "hello\r\nmode\r\n"), Is.EqualTo(["6:line-malformed", "1:key-unknown", "2:version-not-first", "7:line-malformed", "mode-enforce"]));

    [Test]
    public void At_most_a_hundred_findings_are_told_the_fault_among_them()
    {
        string many = string.Concat(Enumerable.Range(0, 150).Select(i => $"x{i}: 1\r\n"));
        Assert.That(Codes(Good + many), Is.EqualTo(Enumerable.Range(5, 100).Select(line => $"{line}:key-unknown")));
        Assert.That(Codes(Good + many + "hello"), Is.EqualTo(Enumerable.Range(5, 99).Select(line => $"{line}:key-unknown").Prepend("155:line-malformed")));
    }

    [Test]
    public void A_sender_is_told_faults_only()
    {
        var reader = new PolicyReader(advises: false);
        reader.Read(Good + "comment: x\r\nmx: mail\r\nhello\r\n\r\n");
        Assert.That(reader.Findings.Select(Short), Is.EqualTo(["7:line-malformed"]));
    }

    /// <summary>STS-040, STS-041, STS-043, STS-044. RFC 8461 §3.2.</summary>
    [TestCase("mode: enforce", null)]
    [TestCase("", "blank-line")]
    [TestCase(" \t", "blank-line")]
    [TestCase("mode:", "value-empty")]
    [TestCase("mode: \t", "value-empty")]
    [TestCase("mode: a\u0007b", "control-character")]
    [TestCase("mode: a\rmx: b", "line-ends-cr")]
    [TestCase("\uFEFFmode: x", "bom")]
    [TestCase("#x", "comment-line")]
    [TestCase("# mode: x", "comment-line")]
    [TestCase(" ;x", "comment-line")]
    [TestCase("//x", "comment-line")]
    [TestCase("/x", "line-malformed")]
    [TestCase("/", "line-malformed")]
    [TestCase("v=STSv1; id=1", "txt-record")]
    [TestCase("\"v=STSv1; id=1\"", "txt-record")]
    [TestCase("v=STSv2; id=1", "line-malformed")]
    [TestCase(" mode: x", "leading-space")]
    [TestCase("\tmode : x", "leading-space")]
    [TestCase(" mo de: x", "line-malformed")]
    [TestCase(" mode", "line-malformed")]
    [TestCase("mode : x", "space-before-colon")]
    [TestCase("mode\t: x", "space-before-colon")]
    [TestCase("mode", "line-malformed")]
    [TestCase(": x", "line-malformed")]
    [TestCase(" : x", "line-malformed")]
    [TestCase("mode=enforce", "equals-sign")]
    [TestCase("Max_Age = 1", "equals-sign")]
    [TestCase("mx=a: b", "equals-sign")]
    [TestCase("modes=x", "line-malformed")]
    [TestCase("comment=x", "line-malformed")]
    public void A_line_that_is_no_key_and_value_has_its_slip_named(string line, string? fault)
    {
        Assert.That(PolicyLineRules.FaultOf(line), Is.EqualTo(fault is null ? null : "policy." + fault));
        Assert.That(fault is null || PolicyLineRules.Describe("policy." + fault) != PolicyLineRules.Describe("policy.mode-case"), Is.EqualTo(fault != "line-malformed"));
    }

    /// <summary>STS-039. RFC 8461 §3.2.</summary>
    [TestCase("MODE", "key-case")]
    [TestCase("Max_Age", "key-case")]
    [TestCase("max-age", "key-misspelt")]
    [TestCase("max", "key-misspelt")]
    [TestCase("mxs", "key-misspelt")]
    [TestCase("mx-host", "key-misspelt")]
    [TestCase("versions", "key-misspelt")]
    [TestCase("Modes", "key-misspelt")]
    [TestCase("ttl", "key-misspelt")]
    [TestCase("policy", "key-misspelt")]
    [TestCase("policies", "key-unknown")]
    [TestCase("mta", "key-unknown")]
    public void A_key_that_nobody_knows_is_told_from_one_that_was_meant_otherwise(string key, string note) =>
        Assert.That(PolicyLineRules.NoteOnKey(key), Is.EqualTo("policy." + note));

    /// <summary>STS-038, STS-061, STS-065. RFC 8461 §3.2.</summary>
    [TestCase("10 mx.example", "preference")]
    [TestCase("10  mx.example", "preference")]
    [TestCase("1a mx.example", "list-in-one-line")]
    [TestCase("10 20 mx.example", "list-in-one-line")]
    [TestCase("a.example b.example", "list-in-one-line")]
    [TestCase("a.example,b.example", "list-in-one-line")]
    [TestCase("a.example;b.example", "list-in-one-line")]
    [TestCase("a.example\tb.example", "list-in-one-line")]
    [TestCase(",a.example", "list-in-one-line")]
    [TestCase("192.0.2.1", "ip-literal")]
    [TestCase("[192.0.2.1]", "ip-literal")]
    [TestCase("2001:db8::1", "ip-literal")]
    [TestCase("[ipv6:2001:db8::1]", "ip-literal")]
    [TestCase("a@mx.example", "mail-address")]
    [TestCase("mailto:a@mx.example", "mail-address")]
    [TestCase("mx.example:25", "port-or-url")]
    [TestCase("mx.example/", "port-or-url")]
    [TestCase("https://mx.example", "port-or-url")]
    [TestCase("mäil.example.", "u-label")]
    [TestCase("mx.example.", "trailing-dot")]
    [TestCase(".mx.example.", "trailing-dot")]
    [TestCase(".mx.example", "leading-dot")]
    [TestCase(".*.example", "leading-dot")]
    [TestCase("mx*.example", "wildcard-misplaced")]
    [TestCase("*._mx.example", "wildcard-misplaced")]
    [TestCase("mx_1.example", "underscore")]
    [TestCase("-mx.example", "bad-name")]
    public void An_mx_that_is_no_pattern_has_its_slip_named(string value, string fault)
    {
        Assert.That(MxPattern.TryParse(value, out _), Is.False);
        Assert.That(PolicyLineRules.FaultOfMx(value), Is.EqualTo("policy.mx-" + fault));
    }

    /// <summary>STS-051. RFC 8461 §3.2, §10.2.</summary>
    [TestCase(31557601, PolicyMode.None, "over-limit")]
    [TestCase(31557600, PolicyMode.None, "high")]
    [TestCase(15552001, PolicyMode.Enforce, "high")]
    [TestCase(15552000, PolicyMode.Enforce, null)]
    [TestCase(604800, PolicyMode.Enforce, null)]
    [TestCase(604799, PolicyMode.Enforce, "low")]
    [TestCase(604799, PolicyMode.Testing, null)]
    [TestCase(86400, PolicyMode.Enforce, "low")]
    [TestCase(86400, PolicyMode.Testing, null)]
    [TestCase(86399, PolicyMode.Testing, "very-low")]
    [TestCase(86399, PolicyMode.None, null)]
    [TestCase(86399, null, "very-low")]
    [TestCase(1, PolicyMode.Enforce, "very-low")]
    [TestCase(0, PolicyMode.Enforce, "zero")]
    [TestCase(0, PolicyMode.None, null)]
    public void A_max_age_is_advised_on_by_its_mode(long seconds, PolicyMode? mode, string? note) =>
        Assert.That(PolicyLineRules.NoteOnMaxAge(seconds, mode), Is.EqualTo(note is null ? null : "policy.max-age-" + note));

    [TestCase(31557600, "365 days")]
    [TestCase(172800, "2 days")]
    [TestCase(172799, "1 day")]
    [TestCase(86400, "1 day")]
    [TestCase(86399, "23 hours")]
    [TestCase(7200, "2 hours")]
    [TestCase(7199, "119 minutes")]
    [TestCase(0, "0 minutes")]
    public void A_duration_is_told_as_people_tell_it(long seconds, string text) => Assert.That(PolicyLineRules.Days(seconds), Is.EqualTo(text));

    private static IEnumerable<string> Codes(string text) => Read(text).Findings.Select(Short);

    private static PolicyReading Read(string text) => StsPolicy.Read(Encoding.UTF8.GetBytes(text));

    private static string Short(Finding finding) => (finding.Line is { } line ? $"{line}:" : "") + finding.Code["policy.".Length..];
}
