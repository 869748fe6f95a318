using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing;

/// <summary>The certificate authority of one fake internet. Everything is made when it is first needed.</summary>
/// <remarks>Two internets at the same time have two authorities, and neither trusts the other's certificates. Of two that follow each other
/// in a process, the second may go on with the first one's keys and root.</remarks>
public sealed class TestCertificateAuthority : IDisposable
{
    private readonly TimeProvider _clock;
    private readonly DateTimeOffset _start;
    private readonly Lock _gate = new();
    private CertificateMint? _mint;
    private bool _isDisposed;

    internal TestCertificateAuthority(TimeProvider clock)
    {
        _clock = clock;
        _start = clock.GetUtcNow();
    }

    /// <summary>The root certificate, without its private key: what a sender must trust.</summary>
    public X509Certificate2 Root => field ??= Mint().LoadRoot();

    /// <summary>Issues a certificate together with its private key.</summary>
    public X509Certificate2 Issue(CertificateSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        (DateTimeOffset from, DateTimeOffset to) = Validity(spec);
        return Mint().Issue(spec, from, to);
    }

    /// <summary>Ends the authority: it issues nothing more. Certificates that were issued stay usable.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _mint?.Leave();
            _mint = null;
        }
    }

    internal SslStreamCertificateContext CreateContext(CertificateSpec spec)
    {
        (DateTimeOffset from, DateTimeOffset to) = Validity(spec);
        return Mint().Context(spec, from, to);
    }

    private CertificateMint Mint()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            return _mint ??= CertificateMint.Take(_start);
        }
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
}
