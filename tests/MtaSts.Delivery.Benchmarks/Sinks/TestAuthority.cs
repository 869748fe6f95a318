using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>A certificate authority for one run: ECDSA P-256, one key for all servers.</summary>
internal sealed class TestAuthority : IDisposable
{
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private int _serial;

    public TestAuthority()
    {
        var root = new CertificateRequest("CN=Load", _rootKey, HashAlgorithmName.SHA256);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        Root = root.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-30), DateTimeOffset.UtcNow.AddDays(1));
    }

    public X509Certificate2 Root { get; }

    /// <summary>A server's certificate for one DNS name, valid for a day unless its end is given.</summary>
    public SslStreamCertificateContext Issue(string name, DateTimeOffset? notAfter = null)
    {
        var request = new CertificateRequest("CN=server", _key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false));
        byte[] serial = BitConverter.GetBytes(Interlocked.Increment(ref _serial));
        using X509Certificate2 issued = request.Create(Root, DateTimeOffset.UtcNow.AddDays(-20), notAfter ?? DateTimeOffset.UtcNow.AddHours(20), serial);
        return SslStreamCertificateContext.Create(issued.CopyWithPrivateKey(_key), null, offline: true);
    }

    public void Dispose()
    {
        Root.Dispose();
        _key.Dispose();
        _rootKey.Dispose();
    }
}
