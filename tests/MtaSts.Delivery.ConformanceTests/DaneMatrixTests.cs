using System.Globalization;
using System.Text;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using static MtaSts.Delivery.ConformanceTests.DaneDeliveries;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>TLSA records, policy and certificate in every combination; the table stands in <c>docs/dane.md</c>, too.</summary>
public sealed class DaneMatrixTests(bool keepsSessions) : WithAndWithoutPool(keepsSessions)
{
    private const string Begin = "<!-- The table is written by DaneMatrixTests: run it with MTASTS_UPDATE_DOCS=1. -->\n", End = "<!-- End of the table. -->\n";

    private static readonly string[] Danes = ["none", "pass", "fail", "error"], Modes = ["none", "testing", "enforce"];

    /// <summary>What must become of the mail; the certificate is good, or its own issuer.</summary>
    private static string Expected(string dane, string mode, bool isGood) => (dane, mode, isGood) switch
    {
        ("fail", _, _) => "deferred: TlsaMismatch",
        ("error", _, _) => "deferred: TlsaUnavailable",
        (_, "enforce", false) => "deferred: CertificateNotTrusted",
        ("pass", _, _) or (_, _, true) => "delivered, authenticated",
        _ => "delivered, encrypted",
    };

    /// <summary>DANE-21, STS-134. RFC 8461 §2: neither rescues the other.</summary>
    [Test]
    public async Task Records_and_policy_must_both_be_met(
        [ValueSource(nameof(Danes))] string dane, [ValueSource(nameof(Modes))] string mode, [Values] bool isGood)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeMxHost host = internet.Signed().MxHost(Mx1);
        if (!isGood)
        {
            host.Certificate(c => c.SelfSigned());
        }

        _ = dane switch { "pass" => host.Tlsa(), "fail" => host.WrongTlsa(), _ => host };
        if (dane == "error")
        {
            internet.Dns.Bogus("_25._tcp." + Mx1);
        }

        if (mode != "none")
        {
            internet.Domain("example.test").Policy(mode == "testing" ? PolicyMode.Testing : PolicyMode.Enforce, Mx1);
        }

        DeliveryResult result = await internet.SendByDaneAsync();

        Assert.That(Describe(result), Is.EqualTo(Expected(dane, mode, isGood)), result.Outcomes.Single().Explanation);
        if (result.Outcomes.Single() is not RecipientOutcome.Delivered)
        {
            host.WasToldNothing();
        }
    }

    [Test]
    public void The_page_has_the_table()
    {
        string path = Repository.PathTo("docs", "dane.md");
        string[] before = File.ReadAllText(path).Split(Begin), behind = before[1].Split(End);
        string expected = before[0] + Begin + Table() + End + behind[1];
        if (Environment.GetEnvironmentVariable("MTASTS_UPDATE_DOCS") == "1")
        {
            File.WriteAllText(path, expected);
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo(expected), "run the tests with MTASTS_UPDATE_DOCS=1");
    }

    private static string Describe(DeliveryResult result) => result.Outcomes.Single() switch
    {
        RecipientOutcome.Delivered { IsVerified: true } => "delivered, authenticated",
        RecipientOutcome.Delivered { IsEncrypted: true } => "delivered, encrypted",
        RecipientOutcome.Delivered => "delivered in clear text",
        RecipientOutcome.Deferred deferred => $"deferred: {deferred.Failure}",
        RecipientOutcome.Failed failed => $"failed: {failed.Failure}",
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    private static string Table()
    {
        var text = new StringBuilder("\n| TLSA records | policy | certificate good for the policy | certificate not good for it |\n|---|---|---|---|\n");
        foreach (string dane in Danes)
        {
            foreach (string mode in Modes)
            {
                text.Append(CultureInfo.InvariantCulture, $"| {dane} | {mode} | {Expected(dane, mode, true)} | {Expected(dane, mode, false)} |\n");
            }
        }

        return text.Append('\n').ToString();
    }
}
