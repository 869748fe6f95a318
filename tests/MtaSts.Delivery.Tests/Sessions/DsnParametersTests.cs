using MtaSts.Delivery.Sessions;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Sessions;

public sealed class DsnParametersTests
{
    /// <summary>DSN-03. RFC 3461 §4.3, §4.4.</summary>
    [TestCase(null, null, "")]
    [TestCase("a+b=c", null, " ENVID=a+2Bb+3Dc")]
    [TestCase("two words", DsnReturn.Headers, " RET=HDRS ENVID=two+20words")]
    [TestCase(null, DsnReturn.Full, " RET=FULL")]
    public void What_was_given_for_the_message_goes_on_as_xtext(string? envelopeId, DsnReturn? ret, string parameters) =>
        Assert.That(DsnParameters.ForMail(envelopeId, ret), Is.EqualTo(parameters));

    /// <summary>DSN-03. RFC 3461 §4.1, §4.2; RFC 6533 §3.</summary>
    [TestCase(DsnNotify.None, null, "")]
    [TestCase(DsnNotify.Never, null, " NOTIFY=NEVER")]
    [TestCase(DsnNotify.Success | DsnNotify.Failure | DsnNotify.Delay, null, " NOTIFY=SUCCESS,FAILURE,DELAY")]
    [TestCase(DsnNotify.None, "rfc822;Jane+Doe@Example.NET", " ORCPT=rfc822;Jane+2BDoe@Example.NET")]
    [TestCase(DsnNotify.Failure, "RFC822;\"a b\"@example.net", " NOTIFY=FAILURE ORCPT=RFC822;\"a+20b\"@example.net")]
    [TestCase(DsnNotify.None, "utf-8;j\u00FCrgen+x@example.net", " ORCPT=utf-8;j\\x{FC}rgen\\x{2B}x@example.net")]
    [TestCase(DsnNotify.None, "utf-8;j\\x{FC}rgen@example.net", " ORCPT=utf-8;j\\x{FC}rgen@example.net")]
    [TestCase(DsnNotify.None, "utf-8;\U0001D54F@example.net", " ORCPT=utf-8;\\x{1D54F}@example.net")]
    public void What_was_given_for_a_recipient_goes_on_as_it_was_given(DsnNotify notify, string? original, string parameters) =>
        Assert.That(DsnParameters.ForRecipient(new RecipientDsn(notify, original)), Is.EqualTo(parameters));

    /// <summary>DSN-03. RFC 3461 §5.2.1: nothing is made up.</summary>
    [Test]
    public void Without_wishes_there_is_nothing() => Assert.That(DsnParameters.ForRecipient(null), Is.Empty);

    /// <summary>DSN-03. RFC 3461 §4: what breaks the rules never becomes a wish.</summary>
    [TestCase(DsnNotify.Never | DsnNotify.Delay, null)]
    [TestCase((DsnNotify)16, null)]
    [TestCase(DsnNotify.None, "jane@example.net")]
    [TestCase(DsnNotify.None, "rfc822;")]
    [TestCase(DsnNotify.None, ";jane@example.net")]
    [TestCase(DsnNotify.None, "rfc822;a\r\nRCPT TO:<b@example.net>")]
    [TestCase(DsnNotify.None, "rfc822;\u00E9@example.net")]
    public void A_wish_that_cannot_be_is_refused(DsnNotify notify, string? original) =>
        Assert.That(() => new RecipientDsn(notify, original), Throws.ArgumentException);

    /// <summary>DSN-03. RFC 3461 §4: at most 500 characters of ORCPT and 100 of ENVID, as xtext.</summary>
    [TestCase(493, 100, true)]
    [TestCase(494, 100, false)]
    [TestCase(493, 101, false)]
    public void Lengths_are_kept(int original, int envelopeId, bool fits)
    {
        void Create()
        {
            _ = new RecipientDsn(DsnNotify.None, "rfc822;" + new string('a', original));
            _ = new Envelope("a@b.example", "c@d.example") { EnvelopeId = new string('x', envelopeId) };
        }

        Assert.That(Create, fits ? Throws.Nothing : Throws.ArgumentException);
    }

    /// <summary>DSN-03. RFC 3461 §4: xtext in both directions.</summary>
    [TestCase("a+2Bb+3Dc", "a+b=c")]
    [TestCase("plain", "plain")]
    [TestCase("+C3+BC", "\u00FC")]
    [TestCase("+2b", null)]
    [TestCase("+2", null)]
    [TestCase("a=b", null)]
    [TestCase("a b", null)]
    [TestCase("+FF", null)]
    public void Xtext_is_read_strictly(string xtext, string? text)
    {
        Assert.That(Xtext.TryDecode(xtext, out string? read), Is.EqualTo(text is not null));
        Assert.That(read, Is.EqualTo(text));
    }
}
