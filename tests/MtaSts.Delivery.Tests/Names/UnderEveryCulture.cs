using System.Globalization;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Names;

/// <summary>Fixtures that run once under each of the cultures that programs stumble over: Turkish letters, Arabic digits, the Buddhist year.</summary>
[TestFixture("")]
[TestFixture("tr-TR")]
[TestFixture("ar-SA")]
[TestFixture("th-TH")]
public abstract class UnderEveryCulture(string culture)
{
    [SetUp]
    public void Use_the_culture()
    {
        CultureInfo.CurrentCulture = new CultureInfo(culture);
        CultureInfo.CurrentUICulture = CultureInfo.CurrentCulture;
    }
}
