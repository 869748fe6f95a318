using System.Text;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Routing;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Outcomes;

public sealed class FailureTableTests
{
    private static readonly FailureCode[] Codes = Enum.GetValues<FailureCode>();

    [Test]
    public void Every_failure_has_its_row() => Assert.That(FailureTable.Rows.Select(row => row.Code), Is.EqualTo(Codes));

    [TestCaseSource(nameof(Codes))]
    public void The_status_agrees_with_the_class_and_there_is_advice(FailureCode code)
    {
        FailureRow row = FailureTable.For(code);
        Assert.That(row.Status.Class, Is.EqualTo(row.Class switch { FailureClass.Permanent => 5, FailureClass.Temporary => 4, _ => 2 }));
        Assert.That(row.Advice, Does.Match(@"^[A-Z].*\.$"));
    }

    /// <summary>STS-123. RFC 8461 §5.</summary>
    [TestCaseSource(nameof(Codes))]
    public void No_failure_of_TLS_or_policy_is_permanent(FailureCode code) =>
        Assert.That(FailureTable.For(code) is { Stage: DeliveryStage.Tls or DeliveryStage.Policy, Class: FailureClass.Permanent }, Is.False);

    [Test]
    public void Every_cause_has_a_failure() =>
        Assert.Multiple(() =>
        {
            Assert.That(Enum.GetValues<NoMailReason>().Select(FailureTable.CodeOf), Is.Unique);
            Assert.That(Enum.GetValues<TlsFailure>().Select(FailureTable.CodeOf), Is.Unique);
            Assert.That(Enum.GetValues<LocalRefusal>().Select(FailureTable.CodeOf), Is.Unique);
            Assert.That(
                Enum.GetValues<PolicyFaultKind>().Select(kind => FailureTable.CodeOf(kind) is { } code ? FailureTable.For(code).Class : (FailureClass?)null),
                Is.All.EqualTo(FailureClass.Noted).Or.Null);
            Assert.That(Enum.GetValues<PolicyFaultKind>().Where(kind => FailureTable.CodeOf(kind) is null), Is.EqualTo([PolicyFaultKind.NotYetKnown]));
            Assert.That(Enum.GetValues<SessionFailureKind>().Select(kind => FailureTable.CodeOf(new SessionFailure(kind, SmtpPhase.Connect, ""))), Is.Unique);
        });

    [TestCase(TlsFailure.StartTlsNotOffered, "starttls-not-supported")]
    [TestCase(TlsFailure.StartTlsRefused, "starttls-not-supported")]
    [TestCase(TlsFailure.HandshakeFailed, "validation-failure")]
    [TestCase(TlsFailure.CertificateHostMismatch, "certificate-host-mismatch")]
    [TestCase(TlsFailure.CertificateExpired, "certificate-expired")]
    [TestCase(TlsFailure.CertificateNotYetValid, "certificate-not-trusted")]
    [TestCase(TlsFailure.CertificateNotTrusted, "certificate-not-trusted")]
    [TestCase(TlsFailure.HostNotPermitted, "validation-failure")]
    public void Each_failure_of_TLS_has_its_result_type(TlsFailure failure, string resultType) =>
        Assert.That(FailureTable.For(FailureTable.CodeOf(failure)).ReportAs, Is.EqualTo(resultType));

    [TestCase(PolicyFaultKind.HttpStatus, "sts-policy-fetch-error")]
    [TestCase(PolicyFaultKind.Timeout, "sts-policy-fetch-error")]
    [TestCase(PolicyFaultKind.TooLarge, "sts-policy-fetch-error")]
    [TestCase(PolicyFaultKind.HostNotResolved, "sts-policy-fetch-error")]
    [TestCase(PolicyFaultKind.CertificateInvalid, "sts-webpki-invalid")]
    [TestCase(PolicyFaultKind.PolicyInvalid, "sts-policy-invalid")]
    [TestCase(PolicyFaultKind.MediaType, "sts-policy-invalid")]
    public void Each_fault_of_a_fetch_has_its_result_type(PolicyFaultKind kind, string resultType) =>
        Assert.That(FailureTable.For(FailureTable.CodeOf(kind)!.Value).ReportAs, Is.EqualTo(resultType));

    [Test]
    public void The_document_is_the_table()
    {
        string path = Path.Combine(Repository.Root, "docs", "outcomes.md");
        if (Environment.GetEnvironmentVariable("MTASTS_UPDATE_DOCS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, Document());
        }

        Assert.That(File.ReadAllText(path), Is.EqualTo(Document()), "run the tests with MTASTS_UPDATE_DOCS=1");
    }

    private static string Document()
    {
        var text = new StringBuilder("""
            # Outcomes

            Every recipient of a delivery ends as exactly one of three:

            - **Delivered**: a host answered the end of the message with 2yz, and is responsible for it from then on.
            - **Deferred**: the message was not delivered, and another try later is worth it. What a policy or TLS refuses is always
              deferred, never failed: a receiver's short mistake must not bounce mail (RFC 8461 §5). `MayHaveBeenDelivered` is set
              when the whole message had gone out and only the answer is missing.
            - **Failed**: the message was not delivered, and another try would end the same way.

            Deferred and failed outcomes carry a failure, and with it the stage of the delivery at which it happened: `Message` (the
            message itself), `Routing` (finding the hosts), `Policy` (finding the policy, or matching hosts against it), `Tls` (TLS with
            the host), `Session` (connection and session), `Transaction` (the host's answer). Where several hosts were tried, an answer
            to this very recipient decides; otherwise a refusal by policy or TLS is named first, then any other temporary failure.

            The status is the one below unless the host's reply has an enhanced status of the same class. *Noted* failures stand beside
            an outcome and change nothing: the policy in force applies. *Report* is the result type in TLS reports (RFC 8460 §4.3).

            <!-- The table is written by FailureTableTests from FailureTable.cs: run it with MTASTS_UPDATE_DOCS=1. -->

            | Failure | Stage | Class | Status | Report | Who must do what |
            |---|---|---|---|---|---|

            """.ReplaceLineEndings("\n"));
        foreach (FailureRow row in FailureTable.Rows)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"| `{row.Code}` | {row.Stage} | {row.Class} | {(row.Class == FailureClass.Noted ? "" : row.Status)} | {(row.ReportAs is null ? "" : $"`{row.ReportAs}`")} | {row.Advice} |\n");
        }

        return text.ToString();
    }
}
