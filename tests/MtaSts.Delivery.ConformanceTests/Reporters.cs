using System.Security.Cryptography;
using MimeKit;
using MimeKit.Cryptography;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Testing;
using NUnit.Framework;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Pkcs;
using Org.BouncyCastle.Security;

namespace MtaSts.Delivery.ConformanceTests;

/// <summary>What tests of reports share: a sender that reports, its keys in the fake DNS, and a receiver that checks them.</summary>
internal static class Reporters
{
    private static readonly DomainName SenderDomain = DomainName.Parse("sender.example");
    private static readonly Lazy<(DkimKey Key, string Record)> Rsa = new(MakeRsa);
    private static readonly Lazy<(DkimKey Key, string Record)> Ed25519 = new(MakeEd25519);

    /// <summary>Good options, with an RSA and an Ed25519 key that stand in the fake DNS.</summary>
    public static TlsReportOptions Options(FakeInternet internet)
    {
        var options = new TlsReportOptions { OrganizationName = "Sender Ltd", ContactInfo = "tls-reports@sender.example" };
        foreach ((DkimKey key, string record) in ((DkimKey, string)[])[Rsa.Value, Ed25519.Value])
        {
            options.DkimKeys.Add(key);
            internet.Dns.Txt($"{key.Selector}._domainkey.sender.example", [.. record.Chunk(200).Select(part => new string(part))]);
        }

        return options;
    }

    /// <summary>Publishes where a domain wants its reports.</summary>
    public static void WantsReports(this FakeInternet internet, string domain, params string[] rua) =>
        internet.Dns.Txt($"_smtp._tls.{domain}", $"v=TLSRPTv1;rua={string.Join(',', rua)}");

    /// <summary>The report in a mail, after every check that RFC 8460 asks of a receiver: form, DKIM with every key, fields that agree.</summary>
    public static async Task<TlsReport> ReadMailAsync(this FakeInternet internet, ReceivedMessage received)
    {
        using var stream = new MemoryStream(received.Content.ToArray());
        MimeMessage message = await MimeMessage.LoadAsync(stream);
        await CheckSignaturesAsync(internet, message);
        var parts = (MultipartReport)message.Body!;
        Assert.That(parts.ReportType, Is.EqualTo("tlsrpt"));
        Assert.That(parts.Select(part => part.ContentType.MimeType), Is.EqualTo(["text/plain", "application/tlsrpt+gzip"]));
        var attachment = (MimePart)parts[1];
        Assert.That(attachment.ContentTransferEncoding, Is.EqualTo(ContentEncoding.Base64));
        using var content = new MemoryStream();
        await attachment.Content!.DecodeToAsync(content);
        TlsReport report = await ReadAsync(content.ToArray());
        string domain = report.Policies[0].PolicyDomain!;
        Assert.That(message.Headers["TLS-Report-Domain"], Is.EqualTo(domain));
        Assert.That(message.Headers["TLS-Report-Submitter"], Is.EqualTo("sender.example"));
        Assert.That(message.Headers["TLS-Required"], Is.EqualTo("No"));
        Assert.That(message.Subject, Is.EqualTo($"Report Domain: {domain} Submitter: sender.example Report-ID: <{report.ReportId}>"));
        Assert.That(message.MessageId, Is.EqualTo(report.ReportId));
        Assert.That(received.ReversePath, Is.EqualTo("tls-reports@sender.example"));
        string begin = report.Start!.Value.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        string end = report.End!.Value.ToUnixTimeSeconds().ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.That(attachment.FileName, Is.EqualTo($"sender.example!{domain}!{begin}!{end}!{report.ReportId!.Split('@')[0]}.json.gz"));
        return report;
    }

    /// <summary>The report in a POST, after the checks of its form.</summary>
    public static async Task<TlsReport> ReadPostAsync(ReportRequest request)
    {
        Assert.That(request.Method, Is.EqualTo("POST"));
        Assert.That(request.Headers["Content-Type"], Is.EqualTo("application/tlsrpt+gzip"));
        Assert.That(request.Headers.Keys, Has.No.Member("Content-Encoding"));
        return await ReadAsync(request.Body.ToArray());
    }

    private static async Task<TlsReport> ReadAsync(byte[] file)
    {
        Assert.That(await ReportSchema.FaultsAsync(file), Is.Empty);
        Assert.That(file[..2], Is.EqualTo(new byte[] { 0x1F, 0x8B }));
        var read = (TlsReportReading.Read)TlsReportReader.Read(file);
        Assert.That(read.Deviations, Is.Empty);
        return read.Report;
    }

    private static async Task CheckSignaturesAsync(FakeInternet internet, MimeMessage message)
    {
        var verifier = new DkimVerifier(new Keys(internet));
        Header[] signatures = [.. message.Headers.Where(header => header.Id == HeaderId.DkimSignature)];
        Assert.That(signatures, Has.Length.EqualTo(2));
        Assert.That(signatures.Select(header => header.Value.Contains("a=ed25519-sha256", StringComparison.Ordinal)), Is.EquivalentTo([true, false]));
        foreach (Header signature in signatures)
        {
            Assert.That(await verifier.VerifyAsync(message, signature), Is.True, signature.Value);
            string fields = signature.Value.ReplaceLineEndings("").Replace("\t", "", StringComparison.Ordinal).Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
            Assert.That(fields, Does.Contain("TLS-REPORT-DOMAIN").And.Contain("TLS-REPORT-SUBMITTER").And.Contain("D=SENDER.EXAMPLE"));
            Assert.That(fields, Does.Not.Contain(";L="));
        }
    }

    private static (DkimKey Key, string Record) MakeRsa()
    {
        // The shortest key that may sign: each signature by a longer one takes several times as long, and proves no more.
        using var rsa = RSA.Create(1024);
        return (new DkimKey(SenderDomain, "rsa1", rsa.ExportPkcs8PrivateKeyPem()), "v=DKIM1; k=rsa; s=tlsrpt; p=" + Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo()));
    }

    private static (DkimKey Key, string Record) MakeEd25519()
    {
        var key = new Ed25519PrivateKeyParameters(new SecureRandom());
        string pem = PemEncoding.WriteString("PRIVATE KEY", PrivateKeyInfoFactory.CreatePrivateKeyInfo(key).GetEncoded());
        return (new DkimKey(SenderDomain, "ed1", pem), "v=DKIM1; k=ed25519; s=tlsrpt; p=" + Convert.ToBase64String(key.GeneratePublicKey().GetEncoded()));
    }

    /// <summary>Finds public keys in the fake DNS.</summary>
    private sealed class Keys(FakeInternet internet) : DkimPublicKeyLocatorBase
    {
        public override AsymmetricKeyParameter LocatePublicKey(string methods, string domain, string selector, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException("Only the asynchronous look-up is used.");

        public override async Task<AsymmetricKeyParameter> LocatePublicKeyAsync(string methods, string domain, string selector, CancellationToken cancellationToken = default)
        {
            var options = new DnsOptions();
            options.Servers.Add(internet.Dns.EndPoint);
            DnsAnswer<TxtRecord> answer = await new DnsClientResolver(options, internet.Clock).LookUpTxtAsync(DomainName.Parse($"{selector}._domainkey.{domain}"), cancellationToken);
            return GetPublicKey(((DnsAnswer<TxtRecord>.Found)answer).Records[0].Text);
        }
    }
}
