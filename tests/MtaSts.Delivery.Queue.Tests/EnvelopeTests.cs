using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>The sender's wishes on the envelope. RFC 3461 §4.</summary>
public sealed class EnvelopeTests
{
    /// <summary>DSN-03. RFC 3461 §4.</summary>
    [TestCase("a+b=c", "a+2Bb+3Dc")]
    [TestCase("rfc822;Jane Doe@Example.NET", "rfc822;Jane+20Doe@Example.NET")]
    [TestCase("\u00E9\u007F", "+C3+A9+7F")]
    [TestCase("", "")]
    public void Xtext_is_written_and_read(string text, string xtext)
    {
        Assert.That(Xtext.Encode(text), Is.EqualTo(xtext));
        Assert.That(Xtext.TryDecode(xtext, out string? read), Is.True);
        Assert.That(read, Is.EqualTo(text));
    }

    /// <summary>DSN-03. RFC 3461 §4: upper case, two digits, no blank, no equals sign, and UTF-8 behind it.</summary>
    [TestCase("a+2")]
    [TestCase("a+2b")]
    [TestCase("a=b")]
    [TestCase("a b")]
    [TestCase("+FF")]
    [TestCase("\u00E9")]
    [TestCase(null)]
    public void What_is_no_xtext_is_not_read(string? xtext) => Assert.That(Xtext.TryDecode(xtext, out _), Is.False);

    /// <summary>DSN-03. RFC 3461 §4.1, §4.2, §4.4.</summary>
    [TestCase(DsnNotify.Never | DsnNotify.Failure, null, "NEVER stands alone")]
    [TestCase((DsnNotify)64, null, "no value of NOTIFY")]
    [TestCase(DsnNotify.Failure, "jane@example.net", "expected a type and an address")]
    [TestCase(DsnNotify.Failure, ";jane@example.net", "expected a type and an address")]
    [TestCase(DsnNotify.Failure, "rfc822;", "expected a type and an address")]
    [TestCase(DsnNotify.Failure, "rfc822;a\r\nb", "printable ASCII")]
    [TestCase(DsnNotify.Failure, "rfc822;j\u00F6rg@example.net", "printable ASCII")]
    public void Wishes_that_cannot_be_are_refused(DsnNotify notify, string? original, string said)
    {
        Assert.That(() => new RecipientDsn(notify, original), Throws.ArgumentException.With.Message.Contains(said));
        Assert.That(() => new RecipientDsn(DsnNotify.None) with { Notify = notify, OriginalRecipient = original }, Throws.ArgumentException.With.Message.Contains(said));
    }

    /// <summary>DSN-03. RFC 3461 §4.2, RFC 6533 §3.</summary>
    [Test]
    public void An_original_recipient_has_at_most_500_characters_as_xtext()
    {
        Assert.That(() => new RecipientDsn(DsnNotify.None, "rfc822;" + new string('a', 493)), Throws.Nothing);
        Assert.That(() => new RecipientDsn(DsnNotify.None, "rfc822;" + new string('a', 494)), Throws.ArgumentException);
        Assert.That(() => new RecipientDsn(DsnNotify.None, "rfc822;" + new string('+', 165)), Throws.ArgumentException);
        Assert.That(new RecipientDsn(DsnNotify.None, "utf-8;j\u00F6rg@example.net").OriginalRecipient, Is.EqualTo("utf-8;j\u00F6rg@example.net"));
    }

    /// <summary>DSN-03. RFC 3461 §4.4.</summary>
    [TestCase("")]
    [TestCase("a\r\nb")]
    [TestCase("\u00E9")]
    public void An_envelope_id_that_cannot_be_is_refused(string id) => Assert.That(() => new Envelope("a@a.test", "b@b.test") { EnvelopeId = id }, Throws.ArgumentException);

    [Test]
    public void An_envelope_id_has_at_most_100_characters_as_xtext()
    {
        Assert.That(() => new Envelope("a@a.test", "b@b.test") { EnvelopeId = new string('a', 100) }, Throws.Nothing);
        Assert.That(() => new Envelope("a@a.test", "b@b.test") { EnvelopeId = new string('a', 101) }, Throws.ArgumentException);
        Assert.That(() => new Envelope("a@a.test", "b@b.test") { EnvelopeId = new string(' ', 34) }, Throws.ArgumentException);
    }

    [Test]
    public void Wishes_for_strangers_are_refused()
    {
        EnvelopeAddress stranger = EnvelopeAddress.Parse("c@c.test");
        Assert.That(
            () => new Envelope("a@a.test", "b@b.test") { Notifications = new Dictionary<EnvelopeAddress, RecipientDsn> { [stranger] = new(DsnNotify.Never) } },
            Throws.ArgumentException.With.Message.Contains("c@c.test"));
        Assert.That(() => new Envelope("a@a.test", "b@b.test") { Return = (DsnReturn)9 }, Throws.ArgumentException);
        Assert.That(new Envelope("a@a.test", "b@b.test").Notifications, Is.Empty);
    }
}
