using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary><c>lint certificate</c>: name, dates and usage always, the chain with <c>--trust</c>. RFC 8461 §4.2.</summary>
public sealed class CertificateLintTests
{
    /// <summary>The findings that have their test here.</summary>
    public static IReadOnlyList<string> Met => ["cert.good", "cert.unreadable", "cert.untrusted-root", "cert.chain-order", "cert.key-weak", "cert.invalid", "cert.chain-not-judged"];

    private const string Host = "mx1.example.test";

    [Test]
    public async Task A_good_certificate_would_do()
    {
        JsonElement line = await OneAsync(c => c, trust: true);
        Assert.That(line.GetRawText(), Does.Match(
            """^\{"source":"[^"]+","host":"mx1\.example\.test","nameMatches":true,"trusted":true,"valid":true,"findings":\[\{"code":"cert\.good","severity":"info","message":"[^"]+","line":null\}\]\}$"""));
    }

    [Test]
    public async Task Without_roots_the_chain_stays_an_open_question()
    {
        JsonElement line = await OneAsync(c => c.UntrustedAuthority(), trust: false);
        Assert.That(line.GetProperty("trusted").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(line.GetProperty("valid").GetBoolean(), Is.True);
        Assert.That(CodesOf(line), Is.EqualTo(["cert.chain-not-judged"]));
    }

    [Test]
    public async Task Without_roots_the_text_says_that_the_chain_was_not_judged()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        Ran ran = await Ran.InAsync(internet, "lint", "certificate", "--host", Host, folder.File("leaf.pem", Pem(internet.Authority.Issue(CertificateSpec.For(Host)))));
        Assert.That(ran.Out.Replace("\n  ", " ", StringComparison.Ordinal), Does.Contain("the chain was not judged").And.Contain("give --trust").And.Not.Contain("would do"));
        Assert.That(ran.Code, Is.Zero);
    }

    [Test]
    public async Task Who_signed_for_itself_shows_without_roots()
    {
        JsonElement line = await OneAsync(c => c.SelfSigned(), trust: false);
        Assert.That(line.GetProperty("trusted").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(line.GetProperty("valid").GetBoolean(), Is.False);
        Assert.That(CodesOf(line), Is.EqualTo(["cert.self-signed"]));
    }

    private static readonly TestCaseData[] Faults =
    [
        Fault("cert.name", true, c => c.Names("mail.elsewhere.test")),
        Fault("cert.cn-only", true, c => c.CommonNameOnly()),
        Fault("cert.wildcard-depth", true, c => c.Names("*.test")),
        Fault("cert.expired", true, c => c.Expired()),
        Fault("cert.not-yet-valid", true, c => c.NotYetValid()),
        Fault("cert.usage", true, c => c.ClientAuthOnly()),
        Fault("cert.self-signed", true, c => c.SelfSigned()),
        Fault("cert.chain-incomplete", true, c => c.UntrustedAuthority()),
        Fault("cert.name", false, c => c.Names("mail.elsewhere.test")),
        Fault("cert.expired", false, c => c.Expired()),
        Fault("cert.usage", false, c => c.ClientAuthOnly()),
    ];

    [TestCaseSource(nameof(Faults))]
    public async Task A_faulty_certificate_would_not_do(string code, bool trust, Func<CertificateSpec, CertificateSpec> spoil)
    {
        JsonElement line = await OneAsync(spoil, trust);
        Assert.That(line.GetProperty("valid").GetBoolean(), Is.False);
        Assert.That(CodesOf(line), Has.Member(code));
        Assert.That(line.GetProperty("nameMatches").GetBoolean(), Is.EqualTo(!(code is "cert.name" or "cert.cn-only" or "cert.wildcard-depth")));
    }

    [Test]
    public async Task The_moment_can_be_chosen()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        string file = folder.File("leaf.pem", Pem(internet.Authority.Issue(CertificateSpec.For(Host).ValidTo(internet.Clock.GetUtcNow().AddDays(30)))));
        Ran now = await Ran.InAsync(internet, "lint", "certificate", "--json", "--host", Host, file);
        Ran later = await Ran.InAsync(internet, "lint", "certificate", "--json", "--host", Host, "--at", "2026-12-24T00:00Z", file);
        Assert.That((now.Code, later.Code), Is.EqualTo((0, 1)));
        Assert.That(later.Codes, Has.Member("cert.expired"));
    }

    [Test]
    public async Task A_root_that_nobody_trusts_is_named()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        (string leaf, string root) = OtherAuthority(internet.Clock.GetUtcNow(), 2048);
        string trust = folder.File("roots.pem", Pem(internet.Authority.Root));
        Ran ran = await Ran.InAsync(internet, "lint", "certificate", "--json", "--host", Host, "--trust", trust, folder.File("chain.pem", leaf + root));
        Assert.That(ran.Codes, Has.Member("cert.untrusted-root"));
    }

    [Test]
    public async Task A_chain_out_of_order_is_told()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        string leaf = Pem(internet.Authority.Issue(CertificateSpec.For(Host)));
        Ran ran = await Ran.InAsync(internet, "lint", "certificate", "--json", "--host", Host, folder.File("chain.pem", leaf + leaf));
        Assert.That(ran.Codes, Has.Member("cert.chain-order"));
    }

    [Test]
    public async Task A_short_key_is_told()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        (string leaf, string root) = OtherAuthority(internet.Clock.GetUtcNow(), 1024);
        Ran ran = await Ran.InAsync(internet, "lint", "certificate", "--json", "--host", Host, folder.File("chain.pem", leaf + root));
        Assert.That(ran.Codes, Has.Member("cert.key-weak"));
    }

    [Test]
    public async Task A_broken_signature_is_told()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        byte[] octets = internet.Authority.Issue(CertificateSpec.For(Host)).RawData;
        octets[^8] ^= 0xFF;
        string leaf = PemEncoding.WriteString("CERTIFICATE", octets) + "\n";
        Ran ran = await Ran.InAsync(internet, "lint", "certificate", "--json", "--host", Host, "--trust", folder.File("roots.pem", Pem(internet.Authority.Root)), folder.File("leaf.pem", leaf));
        Assert.That(ran.Codes, Has.Member("cert.invalid").Or.Member("cert.chain-incomplete"));
        Assert.That(ran.Objects[0].GetProperty("valid").GetBoolean(), Is.False);
    }

    [TestCase("hello")]
    [TestCase("")]
    [TestCase("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    [TestCase("0\u0001\u0002")]
    public async Task What_is_no_certificate_is_told(string text)
    {
        Ran ran = await Ran.WithInputAsync(text, "lint", "certificate", "--json", "--host", Host, "-");
        Assert.That(ran.Codes, Is.EqualTo(["cert.unreadable"]));
        Assert.That(ran.Code, Is.EqualTo(1));
        Assert.That(ran.Objects[0].GetProperty("nameMatches").GetBoolean(), Is.False);
    }

    [Test]
    public async Task Bad_options_are_a_matter_of_usage()
    {
        using var folder = new TestFolder();
        string file = folder.File("x.pem", "hello");
        Assert.That((await Ran.ToolAsync("lint", "certificate", "--host", "ex..com", file)).Code, Is.EqualTo(2));
        Assert.That((await Ran.ToolAsync("lint", "certificate", "--host", Host, "--at", "tomorrow", file)).Error, Does.Contain("--at 'tomorrow'"));
        Assert.That((await Ran.ToolAsync("lint", "certificate", "--host", Host, "--trust", file, file)).Error, Does.Contain("--trust"));
        Assert.That((await Ran.ToolAsync("lint", "certificate", file)).Error, Does.Contain("--host"));
    }

    private static async Task<JsonElement> OneAsync(Func<CertificateSpec, CertificateSpec> spoil, bool trust)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        using var folder = new TestFolder();
        string file = folder.File("leaf.pem", Pem(internet.Authority.Issue(spoil(CertificateSpec.For(Host)))));
        string[] roots = trust ? ["--trust", folder.File("roots.pem", Pem(internet.Authority.Root))] : [];
        Ran ran = await Ran.InAsync(internet, ["lint", "certificate", "--json", "--host", Host, .. roots, file]);
        JsonElement line = ran.Objects.Single();
        Assert.That(ran.Code, Is.EqualTo(line.GetProperty("valid").GetBoolean() ? 0 : 1));
        return line;
    }

    private static (string Leaf, string Root) OtherAuthority(DateTimeOffset now, int keySize)
    {
        using var rootKey = RSA.Create(2048);
        using var leafKey = RSA.Create(keySize);
        var rootRequest = new CertificateRequest("CN=Other Root", rootKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using X509Certificate2 root = rootRequest.CreateSelfSigned(now.AddDays(-2), now.AddYears(5));
        var leafRequest = new CertificateRequest("CN=" + Host, leafKey, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(Host);
        leafRequest.CertificateExtensions.Add(names.Build());
        using X509Certificate2 leaf = leafRequest.Create(root, now.AddDays(-1), now.AddYears(1), [1, 2, 3]);
        return (Pem(leaf), Pem(root));
    }

    private static TestCaseData Fault(string code, bool trust, Func<CertificateSpec, CertificateSpec> spoil) => new TestCaseData(code, trust, spoil).SetArgDisplayNames(code, trust ? "with roots" : "without");

    private static string[] CodesOf(JsonElement line) => [.. line.GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("code").GetString()!)];

    private static string Pem(X509Certificate2 certificate) => certificate.ExportCertificatePem() + "\n";
}
