using System.Net;
using System.Text.RegularExpressions;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Cli.Checks;
using MtaSts.Delivery.Findings;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using MtaSts.Delivery.Tests;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>Every finding can be met, is explained, and stands in docs/findings.md.</summary>
public sealed class FindingTests
{
    // What needs a file of certificates, a missing file, or a port that swallows connections has a test of its own.
    private static readonly string[] MetElsewhere =
    [
        .. CertificateLintTests.Met, .. BadInputTests.Met, "host.connect-timeout", "host.cert-invalid", "cert.missing",
    ];

    [TestCaseSource(typeof(LintCases), nameof(LintCases.All))]
    public async Task A_lint_finds(string code, string kind, byte[] octets)
    {
        Ran ran = await Ran.ToolAsync(null, octets, ["lint", kind, "--json", "-"]);
        Assert.That(ran.Codes, Has.Member(code));
        Assert.That(ran.Code, Is.EqualTo(ran.Codes.Any(one => FindingTable.For(one).Severity != FindingSeverity.Info) ? 1 : 0));
        Assert.That(ran.Error, Is.Empty);
    }

    [TestCaseSource(typeof(CheckCases), nameof(CheckCases.All))]
    public async Task A_check_finds(string code, Action<FakeInternet> plant, string[] options)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        plant(internet);
        Ran ran = await Ran.InAsync(internet, ["check", "--json", CheckCases.Domain, .. options]);
        Assert.That(ran.Codes, Has.Member(code), ran.Out);
        Ran text = await Ran.InAsync(internet, ["check", "--verbose", CheckCases.Domain, .. options]);
        Assert.That(text.Code, Is.EqualTo(ran.Code));
        Assert.That(text.Lines, Is.All.Length.LessThanOrEqualTo(80));
        Assert.That(text.Out, Does.Contain(code.StartsWith("verdict.", StringComparison.Ordinal) ? CheckCases.Domain : code));
    }

    [Test]
    public async Task A_check_finds_a_policy_host_that_never_answers()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        CheckCases.Plant(internet);
        FakeMxHost hole = internet.MxHost("hole.test").On(SmtpPhase.Connect, SmtpFault.BlackHole);
        Ran ran = await Ran.InAsync(internet, options => options.Network.EndPointMap = endPoint => internet.Map(endPoint.Port == 443 ? new IPEndPoint(hole.Addresses[0], 25) : endPoint), "check", "--json", CheckCases.Domain);
        Assert.That(ran.Codes, Has.Member("host.connect-timeout"));
        Assert.That(ran.Code, Is.EqualTo(3));
    }

    [Test]
    public void What_no_server_of_the_kit_can_do_has_its_name_all_the_same()
    {
        var nothing = new CertificateFindings(CertificateProblems.Missing, "", "", [], default, default, "", "the server presented no certificate");
        Assert.That(CertificateFindingRules.Of(nothing, DomainName.Parse("mx1.example.test"), null, default).Select(finding => finding.Code), Is.EqualTo(["cert.missing"]));
        Assert.That(PolicyFetchCodes.OfCertificate(nothing with { Problems = CertificateProblems.Invalid }), Is.EqualTo("host.cert-invalid"));
    }

    [Test]
    public void Each_finding_is_met_by_a_test()
    {
        IEnumerable<string> met = LintCases.All.Concat(CheckCases.All).Select(test => (string)test.Arguments[0]!).Concat(MetElsewhere);
        Assert.That(FindingTable.Rows.Select(row => row.Code).Except(met), Is.Empty);
        Assert.That(FindingTable.Rows, Has.Count.GreaterThanOrEqualTo(100));
    }

    [Test]
    public void Codes_are_unique_and_readable_and_every_row_is_complete() =>
        Assert.Multiple(() =>
        {
            Assert.That(FindingTable.Rows.Select(row => row.Code), Is.Unique);
            foreach (FindingRow row in FindingTable.Rows)
            {
                Assert.That(row.Code, Does.Match("^(record|policy|host|http|mx|smtp|tls|cert|dane|rpt|report|verdict)(\\.[a-z0-9]+(-[a-z0-9]+)*)$"));
                Assert.That(new[] { row.Meaning, row.Effect, row.Remedy }, Is.All.Match("^[A-Za-z].*\\.$").Or.Match("^[A-Za-z].*\"\\.$"), row.Code);
                Assert.That(row.Reference, Does.StartWith("RFC "), row.Code);
            }
        });

    [Test]
    public void Every_code_in_the_sources_is_in_the_table()
    {
        var code = new Regex("\"((?:record|policy|host|http|mx|smtp|tls|cert|dane|rpt|report|verdict)\\.[a-z0-9-]*[a-z0-9])\"");
        IEnumerable<string> used = Repository.Sources("src", "MtaSts.Delivery").Concat(Repository.Sources("src", "MtaSts.Delivery.Cli"))
            .SelectMany(file => code.Matches(File.ReadAllText(file)).Select(match => match.Groups[1].Value)).Distinct();
        Assert.That(used.Except(FindingTable.Rows.Select(row => row.Code)), Is.Empty);
    }

    [Test]
    public void The_document_is_the_table()
    {
        string path = Repository.PathTo("docs", "findings.md");
        if (Environment.GetEnvironmentVariable("MTASTS_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, FindingsDocument.Text());
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo(FindingsDocument.Text()), "run the tests with MTASTS_UPDATE_DOCS=1");
    }
}
