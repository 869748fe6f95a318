using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Certificates;
using MtaSts.Delivery.Dns;

namespace MtaSts.Delivery.Dane;

/// <summary>Whether a presented chain leads to a trust anchor that a TLSA record of usage 2 names. RFC 7672 §3.1.2, RFC 7671 §5.2, RFC 5280 §6.</summary>
/// <remarks>An anchor is a presented certificate above the server's own that a record matches, or one that stands in DNS itself, or a bare public key from there.
/// The platform builds and judges the path up to it; what lies above an anchor does not count.</remarks>
internal static class AnchorRules
{
    // Hostile servers and zones alike may send many.
    private const int MaxAnchors = 16;

    // A path that was good may have run out, and one that was not may have begun.
    private static readonly TimeSpan FailureHolds = TimeSpan.FromMinutes(1);

    /// <summary>The record whose anchor the chain leads to at a moment, or <see langword="null"/>.</summary>
    /// <remarks>Kept sessions are judged again for each message, and domains that share a host share its records, so the chain remembers the last finding, for as long as its dates allow.</remarks>
    public static TlsaRecord? Anchor(PresentedChain chain, IReadOnlyList<TlsaRecord> records, DateTimeOffset now)
    {
        if (chain.Recall<Finding>() is { } known && known.From <= now && now <= known.To && known.Records.SequenceEqual(records))
        {
            return known.Anchor;
        }

        Finding finding = Find(chain, records, now);
        chain.Remember(finding);
        return finding.Anchor;
    }

    private static Finding Find(PresentedChain chain, IReadOnlyList<TlsaRecord> records, DateTimeOffset now)
    {
        var loaded = new List<X509Certificate2>();
        try
        {
            X509Certificate2 leaf = Load(chain.Leaf.Octets);
            X509Certificate2[] others = [.. chain.Certificates.Skip(1).Select(one => Load(one.Octets))];
            foreach ((X509Certificate2 certificate, TlsaRecord record) in CertificatesOf(chain, records, others).Take(MaxAnchors))
            {
                if (PathTo(certificate, leaf, others, now) is { } period)
                {
                    return new Finding(records, record, period.From, period.To);
                }
            }

            foreach (TlsaRecord record in records.Where(one => one is { Selector: 1, MatchingType: 0 }).Take(MaxAnchors))
            {
                if (PathToKey(record.Association, chain, leaf, others, now) is { } period)
                {
                    return new Finding(records, record, period.From, period.To);
                }
            }
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or NotSupportedException)
        {
            // A certificate that the platform cannot read leads nowhere.
        }
        finally
        {
            loaded.ForEach(one => one.Dispose());
        }

        return new Finding(records, null, now, now + FailureHolds);

        X509Certificate2 Load(ReadOnlyMemory<byte> octets)
        {
            X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(octets.Span);
            loaded.Add(certificate);
            return certificate;
        }

        // Those that were presented first; then those that only DNS knows.
        IEnumerable<(X509Certificate2, TlsaRecord)> CertificatesOf(PresentedChain presented, IReadOnlyList<TlsaRecord> named, X509Certificate2[] above)
        {
            for (int i = 0; i < above.Length; i++)
            {
                if (named.FirstOrDefault(record => DaneRules.Matches(record, presented.Certificates[i + 1])) is { } matching)
                {
                    yield return (above[i], matching);
                }
            }

            foreach (TlsaRecord record in named.Where(one => one is { Selector: 0, MatchingType: 0 }))
            {
                yield return (Load(record.Association), record);
            }
        }
    }

    /// <summary>When the path to an anchor holds, if there is one that holds now.</summary>
    private static (DateTimeOffset From, DateTimeOffset To)? PathTo(X509Certificate2 anchor, X509Certificate2 leaf, X509Certificate2[] others, DateTimeOffset now)
    {
        using X509Chain chain = Build(leaf, others, [anchor], now);
        for (int i = 0; i < chain.ChainElements.Count; i++)
        {
            X509ChainElement element = chain.ChainElements[i];
            bool isAnchor = i > 0 && element.Certificate.RawDataMemory.Span.SequenceEqual(anchor.RawDataMemory.Span);
            // To the platform an anchor that is no root ends a path too soon, and a root above it is not trusted: neither is asked for here.
            if (!IsSound(element, isAnchor))
            {
                return null;
            }

            if (isAnchor)
            {
                return PeriodOf(chain.ChainElements.Take(i + 1), now);
            }
        }

        return null;
    }

    /// <summary>When the path to a key holds, if a certificate on it was signed with the key and all below it is good.</summary>
    private static (DateTimeOffset From, DateTimeOffset To)? PathToKey(ReadOnlyMemory<byte> key, PresentedChain presented, X509Certificate2 leaf, X509Certificate2[] others, DateTimeOffset now)
    {
        using X509Chain chain = Build(leaf, others, [], now);
        for (int i = 0; i < chain.ChainElements.Count && i < presented.Certificates.Count; i++)
        {
            X509ChainElement element = chain.ChainElements[i];
            if (!IsSound(element, mayBeLast: true))
            {
                return null;
            }

            if (SignatureRules.IsSignedBy(element.Certificate.RawDataMemory, key))
            {
                return PeriodOf(chain.ChainElements.Take(i + 1), now);
            }
        }

        return null;
    }

    private static X509Chain Build(X509Certificate2 leaf, X509Certificate2[] others, X509Certificate2Collection anchors, DateTimeOffset now)
    {
        var chain = new X509Chain { ChainPolicy = CertificateRules.ChainPolicy(anchors, now) };
        chain.ChainPolicy.ExtraStore.AddRange(others);
        // What it says of the whole does not matter, as it would have the path end in a root.
        _ = chain.Build(leaf);
        return chain;
    }

    private static bool IsSound(X509ChainElement element, bool mayBeLast)
    {
        const X509ChainStatusFlags endsHere = X509ChainStatusFlags.PartialChain | X509ChainStatusFlags.UntrustedRoot;
        X509ChainStatusFlags faults = element.ChainElementStatus.Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one.Status);
        return (faults & ~(mayBeLast ? endsHere : X509ChainStatusFlags.NoError)) == X509ChainStatusFlags.NoError;
    }

    // Asked again here, as the platform does not look at the dates of what it was told to trust.
    private static (DateTimeOffset From, DateTimeOffset To)? PeriodOf(IEnumerable<X509ChainElement> path, DateTimeOffset now)
    {
        DateTimeOffset from = path.Max(element => new DateTimeOffset(element.Certificate.NotBefore)), to = path.Min(element => new DateTimeOffset(element.Certificate.NotAfter));
        return from <= now && now <= to ? (from, to) : null;
    }

    private sealed record Finding(IReadOnlyList<TlsaRecord> Records, TlsaRecord? Anchor, DateTimeOffset From, DateTimeOffset To);
}
