using System.Globalization;
using System.Text;
using MtaSts.Delivery.Names;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Names;

public sealed class IdnaAgainstIcuTests
{
    /// <summary>EAI-07, STS-007. RFC 5891 §4.2, UTS #46.</summary>
    /// <remarks>ICU accepts more than we do (it maps); what we accept, it must read the same.</remarks>
    [Test]
    public void What_is_accepted_is_what_ICU_reads()
    {
        var icu = new IdnMapping { UseStd3AsciiRules = true, AllowUnassigned = true };
        var wrong = new List<string>();
        for (int value = 0x80; value <= 0x10FFFF; value++)
        {
            if (Rune.IsValid(value) && Idna.ToAscii("a" + new Rune(value) + "b") is { } ours && Read(icu, "a" + new Rune(value) + "b") is { } theirs && ours != theirs)
            {
                wrong.Add($"U+{value:X4}: {ours}, ICU {theirs}");
            }
        }

        Assert.That(wrong, Is.Empty);
    }

    private static string? Read(IdnMapping icu, string name)
    {
        try
        {
            return icu.GetAscii(name);
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}
