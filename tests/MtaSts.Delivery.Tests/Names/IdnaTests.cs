using System.Security.Cryptography;
using System.Text;
using MtaSts.Delivery.Names;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Names;

public sealed class IdnaTests(string culture) : UnderEveryCulture(culture)
{
    /// <summary>RFC 3492 §7.1.</summary>
    [TestCase("ü", "tda")]
    [TestCase("bücher", "bcher-kva")]
    [TestCase("他们为什么不说中文", "ihqwcrb4cv8a8dqg056pqjye")]
    [TestCase("他們爲什麽不說中文", "ihqwctvzc91f659drss3x8bo0yb")]
    [TestCase("למההםפשוטלאמדבריםעברית", "4dbcagdahymbxekheh6e0a7fei0b")]
    [TestCase("なぜみんな日本語を話してくれないのか", "n8jok5ay5dzabd5bym9f0cm5685rrjetr6pdxa")]
    [TestCase("почемужеонинеговорятпорусски", "b1abfaaepdrnnbgefbadotcwatmq2g4l")]
    [TestCase("3年b組金八先生", "3b-ww4c5e180e575a65lsy2b")]
    [TestCase("pročprostěnemluvíčesky", "proprostnemluvesky-uyb24dma41a")]
    public void Punycode_matches_the_samples(string label, string expected) =>
        Assert.That(Punycode.Encode([.. label.EnumerateRunes()]), Is.EqualTo(expected));

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

    /// <summary>STS-007. RFC 5891 §4.2.</summary>
    [TestCase("ı.example", "xn--cfa.example")]
    [TestCase("I.example", "i.example")]
    [TestCase("Ж.example", "xn--f1a.example")]
    [TestCase("Σ.example", "xn--4xa.example")]
    public void Lower_case_does_not_depend_on_the_culture(string name, string expected) =>
        Assert.That(Idna.ToAscii(name), Is.EqualTo(expected));
}
