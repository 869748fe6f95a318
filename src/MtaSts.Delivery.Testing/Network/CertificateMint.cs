using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>Keys, issuers and server certificates of one authority, each made when it is first needed.</summary>
/// <remarks>
/// Making them is about a third of what a first delivery over TLS costs, so an internet that ends hands its mint on to a later one that starts at
/// the same time of the fake clock. Internets that live side by side have mints of their own, and none trusts another's certificates.
/// </remarks>
internal sealed class CertificateMint
{
    private const int MostIdle = 8;
    private const int MostContexts = 128;

    private static readonly Lock IdleGate = new();
    private static readonly List<CertificateMint> Idle = [];

    private readonly Lock _gate = new();
    private readonly DateTimeOffset _start;
    private readonly Dictionary<CertificateIssuer, X509Certificate2> _issuers = [];
    private readonly Dictionary<(CertificateSpec Spec, DateTimeOffset From, DateTimeOffset To), SslStreamCertificateContext> _contexts = [];
    private readonly Lazy<ECDsa> _rootKey = new(NewKey);
    private readonly Lazy<ECDsa> _intermediateKey = new(NewKey);
    private readonly Lazy<ECDsa> _untrustedKey = new(NewKey);

    // One key for all leaves: making keys is what takes time.
    private readonly Lazy<ECDsa> _leafKey = new(NewKey);
    private readonly Lazy<RSA> _rsaKey = new(() => RSA.Create(2048));

    private CertificateMint(DateTimeOffset start) => _start = start;

    /// <summary>A mint that nobody else has, for an internet whose clock starts at this time.</summary>
    public static CertificateMint Take(DateTimeOffset start)
    {
        lock (IdleGate)
        {
            int index = Idle.FindLastIndex(mint => mint._start == start);
            if (index < 0)
            {
                return new CertificateMint(start);
            }

            CertificateMint known = Idle[index];
            Idle.RemoveAt(index);
            return known;
        }
    }

    /// <summary>Leaves the mint to whoever takes one next. What it issued stays usable.</summary>
    public void Leave()
    {
        lock (IdleGate)
        {
            Idle.Add(this);
            if (Idle.Count > MostIdle)
            {
                Idle.RemoveAt(0);
            }
        }
    }

    /// <summary>The root certificate, without its private key, as the caller's own.</summary>
    public X509Certificate2 LoadRoot() => X509CertificateLoader.LoadCertificate(Issuer(CertificateIssuer.Root).RawData);

    /// <summary>Issues a certificate together with its private key, as the caller's own.</summary>
    public X509Certificate2 Issue(CertificateSpec spec, DateTimeOffset from, DateTimeOffset to)
    {
        lock (_gate)
        {
            return spec.IsRsa ? IssueRsa(spec, from, to) : IssueEcdsa(spec, from, to);
        }
    }

    /// <summary>What a server presents: a certificate, and what it sends along.</summary>
    public SslStreamCertificateContext Context(CertificateSpec spec, DateTimeOffset from, DateTimeOffset to)
    {
        lock (_gate)
        {
            if (_contexts.TryGetValue((spec, from, to), out SslStreamCertificateContext? known))
            {
                return known;
            }

            if (_contexts.Count == MostContexts)
            {
                _contexts.Clear();
            }

            X509Certificate2Collection sent = [];
            if (spec.Issuer is CertificateIssuer.Intermediate or CertificateIssuer.ExpiredIntermediate)
            {
                sent.Add(X509CertificateLoader.LoadCertificate(Issuer(spec.Issuer).RawData));
            }

            return _contexts[(spec, from, to)] = SslStreamCertificateContext.Create(Issue(spec, from, to), sent, offline: true);
        }
    }

    private X509Certificate2 IssueEcdsa(CertificateSpec spec, DateTimeOffset from, DateTimeOffset to)
    {
        var request = new CertificateRequest(Subject(spec.SubjectName), _leafKey.Value, HashAlgorithmName.SHA256);
        using X509Certificate2 signed = Sign(request, spec, from, to, X509SignatureGenerator.CreateForECDsa(_leafKey.Value));
        return Usable(signed.CopyWithPrivateKey(_leafKey.Value));
    }

    private X509Certificate2 IssueRsa(CertificateSpec spec, DateTimeOffset from, DateTimeOffset to)
    {
        var request = new CertificateRequest(Subject(spec.SubjectName), _rsaKey.Value, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        using X509Certificate2 signed = Sign(request, spec, from, to, X509SignatureGenerator.CreateForRSA(_rsaKey.Value, RSASignaturePadding.Pkcs1));
        return Usable(signed.CopyWithPrivateKey(_rsaKey.Value));
    }

    private X509Certificate2 Sign(CertificateRequest request, CertificateSpec spec, DateTimeOffset from, DateTimeOffset to, X509SignatureGenerator own)
    {
        CertificateExtensions.Add(request, spec);
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
        if (which is CertificateIssuer.Root or CertificateIssuer.Untrusted)
        {
            string name = which == CertificateIssuer.Root ? "Test Root" : "Unknown Root";
            var request = new CertificateRequest(Subject(name), which == CertificateIssuer.Root ? _rootKey.Value : _untrustedKey.Value, HashAlgorithmName.SHA256);
            CertificateExtensions.AddAuthority(request);
            return request.CreateSelfSigned(_start.AddYears(-10), _start.AddYears(40));
        }

        X509Certificate2 root = Issuer(CertificateIssuer.Root);
        var intermediate = new CertificateRequest(Subject($"Test {which}"), _intermediateKey.Value, HashAlgorithmName.SHA256);
        CertificateExtensions.AddAuthority(intermediate);
        intermediate.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(root, true, false));
        DateTimeOffset end = which == CertificateIssuer.ExpiredIntermediate ? _start.AddDays(-1) : _start.AddYears(30);
        using X509Certificate2 signed = intermediate.Create(
            root.SubjectName, X509SignatureGenerator.CreateForECDsa(_rootKey.Value), _start.AddYears(-9), end, NewSerial());
        return signed.CopyWithPrivateKey(_intermediateKey.Value);
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
