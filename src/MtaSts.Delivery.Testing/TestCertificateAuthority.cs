using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing;

/// <summary>The certificate authority of one fake internet. Everything is made when it is first needed.</summary>
public sealed class TestCertificateAuthority : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly Lock _gate = new();
    private readonly Dictionary<CertificateIssuer, X509Certificate2> _issuers = [];
    private readonly Lazy<ECDsa> _rootKey = new(NewKey);
    private readonly Lazy<ECDsa> _intermediateKey = new(NewKey);
    private readonly Lazy<ECDsa> _untrustedKey = new(NewKey);

    // One key for all leaves: making keys is what takes time.
    private readonly Lazy<ECDsa> _leafKey = new(NewKey);
    private readonly Lazy<RSA> _rsaKey = new(() => RSA.Create(2048));

    internal TestCertificateAuthority(TimeProvider clock) => _clock = clock;

    /// <summary>The root certificate, without its private key: what a sender must trust.</summary>
    public X509Certificate2 Root => field ??= X509CertificateLoader.LoadCertificate(Issuer(CertificateIssuer.Root).RawData);

    /// <summary>Issues a certificate together with its private key.</summary>
    public X509Certificate2 Issue(CertificateSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        lock (_gate)
        {
            return spec.IsRsa ? IssueRsa(spec) : IssueEcdsa(spec);
        }
    }

    /// <summary>Forgets all keys. Certificates that were issued stay usable.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            foreach (X509Certificate2 issuer in _issuers.Values)
            {
                issuer.Dispose();
            }

            _issuers.Clear();
        }

        Lazy<ECDsa>[] keys = [_rootKey, _intermediateKey, _untrustedKey, _leafKey];
        foreach (Lazy<ECDsa> key in keys.Where(key => key.IsValueCreated))
        {
            key.Value.Dispose();
        }

        if (_rsaKey.IsValueCreated)
        {
            _rsaKey.Value.Dispose();
        }
    }

    internal SslStreamCertificateContext CreateContext(CertificateSpec spec)
    {
        X509Certificate2 leaf = Issue(spec);
        X509Certificate2Collection sent = [];
        lock (_gate)
        {
            if (spec.Issuer is CertificateIssuer.Intermediate or CertificateIssuer.ExpiredIntermediate)
            {
                sent.Add(X509CertificateLoader.LoadCertificate(Issuer(spec.Issuer).RawData));
            }
        }

        return SslStreamCertificateContext.Create(leaf, sent, offline: true);
    }

    private X509Certificate2 IssueEcdsa(CertificateSpec spec)
    {
        var request = new CertificateRequest(Subject(spec.SubjectName), _leafKey.Value, HashAlgorithmName.SHA256);
        using X509Certificate2 signed = Sign(request, spec, X509SignatureGenerator.CreateForECDsa(_leafKey.Value));
        return Usable(signed.CopyWithPrivateKey(_leafKey.Value));
    }

    private X509Certificate2 IssueRsa(CertificateSpec spec)
    {
        var request = new CertificateRequest(Subject(spec.SubjectName), _rsaKey.Value, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 signed = Sign(request, spec, X509SignatureGenerator.CreateForRSA(_rsaKey.Value, RSASignaturePadding.Pkcs1));
        return Usable(signed.CopyWithPrivateKey(_rsaKey.Value));
    }

    private X509Certificate2 Sign(CertificateRequest request, CertificateSpec spec, X509SignatureGenerator own)
    {
        CertificateExtensions.Add(request, spec);
        (DateTimeOffset from, DateTimeOffset to) = Validity(spec);
        if (spec.Issuer == CertificateIssuer.Itself)
        {
            return request.Create(request.SubjectName, own, from, to, NewSerial());
        }

        X509Certificate2 issuer = Issuer(spec.Issuer);
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(issuer, true, false));
        using ECDsa issuerKey = issuer.GetECDsaPrivateKey()!;
        return request.Create(issuer.SubjectName, X509SignatureGenerator.CreateForECDsa(issuerKey), from, to, NewSerial());
    }

    private X509Certificate2 Issuer(CertificateIssuer which)
    {
        lock (_gate)
        {
            if (!_issuers.TryGetValue(which, out X509Certificate2? issuer))
            {
                _issuers[which] = issuer = CreateIssuer(which);
            }

            return issuer;
        }
    }

    private X509Certificate2 CreateIssuer(CertificateIssuer which)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        if (which is CertificateIssuer.Root or CertificateIssuer.Untrusted)
        {
            string name = which == CertificateIssuer.Root ? "Test Root" : "Unknown Root";
            var request = new CertificateRequest(Subject(name), which == CertificateIssuer.Root ? _rootKey.Value : _untrustedKey.Value, HashAlgorithmName.SHA256);
            CertificateExtensions.AddAuthority(request);
            return request.CreateSelfSigned(now.AddYears(-10), now.AddYears(40));
        }

        X509Certificate2 root = Issuer(CertificateIssuer.Root);
        var intermediate = new CertificateRequest(Subject($"Test {which}"), _intermediateKey.Value, HashAlgorithmName.SHA256);
        CertificateExtensions.AddAuthority(intermediate);
        intermediate.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, true, false));
        DateTimeOffset end = which == CertificateIssuer.ExpiredIntermediate ? now.AddDays(-1) : now.AddYears(30);
        using X509Certificate2 signed = intermediate.Create(
            root.SubjectName, X509SignatureGenerator.CreateForECDsa(_rootKey.Value), now.AddYears(-9), end, NewSerial());
        return signed.CopyWithPrivateKey(_intermediateKey.Value);
    }

    private (DateTimeOffset From, DateTimeOffset To) Validity(CertificateSpec spec)
    {
        DateTimeOffset now = _clock.GetUtcNow();
        (DateTimeOffset from, DateTimeOffset to) = spec.Dates switch
        {
            CertificateDates.Past => (now.AddDays(-90), now.AddDays(-1)),
            CertificateDates.Future => (now.AddDays(1), now.AddYears(10)),
            _ => (now.AddDays(-1), now.AddYears(10)),
        };
        (from, to) = (spec.NotBefore ?? from, spec.NotAfter ?? to);

        // A validity that ends before the default beginning is wanted as it is; only the beginning gives way.
        return from <= to ? (from, to) : (to.AddDays(-90), to);
    }

    private static ECDsa NewKey() => ECDsa.Create(ECCurve.NamedCurves.nistP256);

    private static X500DistinguishedName Subject(string commonName)
    {
        var builder = new X500DistinguishedNameBuilder();
        if (commonName.Length > 0)
        {
            builder.AddCommonName(commonName);
        }

        return builder.Build();
    }

    private static byte[] NewSerial()
    {
        byte[] serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)((serial[0] & 0x3f) | 0x40);
        return serial;
    }

    private static X509Certificate2 Usable(X509Certificate2 certificate)
    {
        if (!OperatingSystem.IsWindows())
        {
            return certificate;
        }

        // Windows cannot serve TLS with a key that lives in memory only.
        using (certificate)
        {
            return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), null);
        }
    }
}
