using System.Security.Cryptography;
using System.Text;
using MtaSts.Delivery.Names;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Names;

public sealed class IdnaFingerprintTests
{
    /// <summary>STS-007. RFC 5891 §4.2.</summary>
    /// <remarks>The same number stands in the run with ICU and in the run without: no letter of Unicode means another domain there.
    /// A .NET with a newer Unicode changes it in both at once, as new letters are added.</remarks>
    [Test]
    public void Every_code_point_means_the_same_with_and_without_ICU()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (int value = 0; value <= 0x10FFFF; value++)
        {
            if (Rune.IsValid(value))
            {
                hash.AppendData(Encoding.ASCII.GetBytes((Idna.ToAscii("a" + new Rune(value) + "b") ?? "!") + "\n"));
            }
        }

        Assert.That(Convert.ToHexString(hash.GetHashAndReset())[..16], Is.EqualTo("9F8E07B7BCC74F4C"));
    }
}
