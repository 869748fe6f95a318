using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MtaSts.Delivery.InteropTests.Servers;

/// <summary><c>certificates --issuer DIRECTORY --names FILE --out DIRECTORY</c>: a chain with its key for each name, faster than a program for each.</summary>
internal static class LeafCertificates
{
    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        string directory = arguments.One("--issuer");
        using var issuer = X509Certificate2.CreateFromPemFile(Path.Combine(directory, "issuer.pem"), Path.Combine(directory, "issuer.key"));
        foreach (string name in await File.ReadAllLinesAsync(arguments.One("--names"), cancellationToken))
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddDnsName(name);
            request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
            using X509Certificate2 leaf = request.Create(issuer, issuer.NotBefore, issuer.NotAfter, RandomNumberGenerator.GetBytes(12));
            await File.WriteAllTextAsync(
                Path.Combine(arguments.One("--out"), name + ".pem"),
                $"{key.ExportPkcs8PrivateKeyPem()}\n{leaf.ExportCertificatePem()}\n{issuer.ExportCertificatePem()}\n",
                cancellationToken);
        }

        return 0;
    }
}
