using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MtaSts.Delivery.Certificates;

/// <summary>The certificates that a server presented, kept as they came, so that they can be judged again later. RFC 5246 §7.4.2.</summary>
internal sealed class PresentedChain
{
    // A server may send what it likes: real ones send up to five.
    private const int MaxCertificates = 16;

    private readonly Certified[] _certificates;
    private object? _memo;

    private PresentedChain(Certified[] certificates) => _certificates = certificates;

    /// <summary>The server's own certificate first, then the others in the order in which they came.</summary>
    public IReadOnlyList<Certified> Certificates => _certificates;

    /// <summary>The server's own certificate.</summary>
    public Certified Leaf => _certificates[0];

    /// <summary>Copies what the server presented.</summary>
    /// <param name="leaf">Its own certificate.</param>
    /// <param name="others">The further ones; those of the platform's chain may be among them.</param>
    public static PresentedChain Of(X509Certificate2 leaf, IEnumerable<X509Certificate2> others) =>
        new([.. others.Select(one => one.RawData).Prepend(leaf.RawData).DistinctBy(Convert.ToHexString).Take(MaxCertificates).Select(octets => new Certified(octets))]);

    /// <summary>What was found out about this chain before by somebody's rule, for that rule to look up. The chain never changes, so it may be kept.</summary>
    public T? Recall<T>()
        where T : class => Volatile.Read(ref _memo) as T;

    /// <summary>Keeps what was found out.</summary>
    public void Remember(object finding) => Volatile.Write(ref _memo, finding);

    /// <summary>One certificate as octets, with its public key and digests worked out when they are first wanted.</summary>
    internal sealed class Certified(byte[] octets)
    {
        private readonly Lazy<byte[]> _key = new(() => KeyOf(octets));
        private readonly byte[]?[] _digests = new byte[4][];

        /// <summary>The certificate in DER.</summary>
        public ReadOnlyMemory<byte> Octets => octets;

        /// <summary>Its SubjectPublicKeyInfo in DER; empty when the certificate cannot be read.</summary>
        public ReadOnlyMemory<byte> Key => _key.Value;

        /// <summary>SHA-256 or SHA-512 over the certificate or its key.</summary>
        public ReadOnlySpan<byte> Digest(bool ofKey, bool isSha512)
        {
            ref byte[]? digest = ref _digests[(ofKey ? 2 : 0) + (isSha512 ? 1 : 0)];
            ReadOnlySpan<byte> digested = ofKey ? _key.Value : octets;
            return digest ??= isSha512 ? SHA512.HashData(digested) : SHA256.HashData(digested);
        }

        // As it stands in the certificate: a key that is written anew might differ in its parameters.
        private static byte[] KeyOf(byte[] octets)
        {
            try
            {
                AsnReader tbs = new AsnReader(octets, AsnEncodingRules.DER).ReadSequence().ReadSequence();
                if (tbs.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 0)))
                {
                    tbs.ReadEncodedValue();
                }

                // serialNumber, signature, issuer, validity, subject. RFC 5280 §4.1.
                for (int i = 0; i < 5; i++)
                {
                    tbs.ReadEncodedValue();
                }

                return tbs.ReadEncodedValue().ToArray();
            }
            catch (AsnContentException)
            {
                return [];
            }
        }
    }
}
