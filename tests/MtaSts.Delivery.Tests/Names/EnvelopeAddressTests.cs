using System.Text.Json;
using CsCheck;
using MtaSts.Delivery.Names;
using NUnit.Framework;

namespace MtaSts.Delivery.Tests.Names;

public sealed class EnvelopeAddressTests(string culture) : UnderEveryCulture(culture)
{
    /// <summary>STS-006, EAI-02, EAI-03. RFC 5321 §4.1.2, RFC 6531 §3.3.</summary>
    [TestCase("jane@example.com", "jane", "example.com")]
    [TestCase("Jane.DOE+x@Example.COM.", "Jane.DOE+x", "example.com")]
    [TestCase("u@Bücher.Example", "u", "xn--bcher-kva.example")]
    [TestCase("u@xn--bcher-kva.example", "u", "xn--bcher-kva.example")]
    [TestCase("!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~", "example.com")]
    [TestCase("\"jane doe\"@example.com", "\"jane doe\"", "example.com")]
    [TestCase("\"a@b\"@example.com", "\"a@b\"", "example.com")]
    [TestCase("\"a\\\"b\\\\\"@example.com", "\"a\\\"b\\\\\"", "example.com")]
    [TestCase("\"a>b<c\"@example.com", "\"a>b<c\"", "example.com")]
    [TestCase("\"\"@example.com", "\"\"", "example.com")]
    [TestCase("jürgen@example.com", "jürgen", "example.com")]
    [TestCase("\"jürgen x\"@example.com", "\"jürgen x\"", "example.com")]
    [TestCase("用户@例え.テスト", "用户", "xn--r8jz45g.xn--zckzah")]
    [TestCase("😀@example.com", "😀", "example.com")]
    [TestCase("\"a~\\~\\ b\"@example.com", "\"a~\\~\\ b\"", "example.com")]
    [TestCase("a\u00A0b@example.com", "a\u00A0b", "example.com")]
    public void A_mailbox_keeps_its_local_part_to_the_letter_and_has_its_domain_in_A_labels(string text, string localPart, string domain)
    {
        EnvelopeAddress address = EnvelopeAddress.Parse(text);
        Assert.That(address.LocalPart, Is.EqualTo(localPart));
        Assert.That(address.Domain!.Value, Is.EqualTo(domain));
        Assert.That(address.ToString(), Is.EqualTo(localPart + "@" + domain));
        Assert.That(address.Literal, Is.Null);
    }

    /// <summary>MX-12. RFC 5321 §4.1.3.</summary>
    [TestCase("a@[192.0.2.1]", "[192.0.2.1]")]
    [TestCase("a@[255.0.2.255]", "[255.0.2.255]")]
    [TestCase("a@[IPv6:2001:db8::1]", "[IPv6:2001:db8::1]")]
    [TestCase("a@[ipv6:2001:DB8:0:0::1]", "[IPv6:2001:db8::1]")]
    [TestCase("a@[IPv6:::1]", "[IPv6:::1]")]
    [TestCase("a@[IPv6:::ffff:192.0.2.1]", "[IPv6:::ffff:192.0.2.1]")]
    public void An_address_literal_has_no_domain(string text, string behindTheAt)
    {
        EnvelopeAddress address = EnvelopeAddress.Parse(text);
        Assert.That(address.Domain, Is.Null);
        Assert.That(address.DomainText, Is.EqualTo(behindTheAt));
    }

    /// <summary>MX-12, MX-10. RFC 5321 §4.1.3.</summary>
    [TestCase("a@[2001:db8::1]")]
    [TestCase("a@[IPv6:192.0.2.1]")]
    [TestCase("a@[IPv6:2001:db8::1%eth0]")]
    [TestCase("a@[IPv6:2001:db8::1/64]")]
    [TestCase("a@[IPv6:[2001:db8::1]]")]
    [TestCase("a@[IPv6:]")]
    [TestCase("a@[1]")]
    [TestCase("a@[127.1]")]
    [TestCase("a@[0x7f.0.0.1]")]
    [TestCase("a@[192.0.2.01]")]
    [TestCase("a@[192.0.2.256]")]
    [TestCase("a@[192.0.2.1.1]")]
    [TestCase("a@[192..2.1]")]
    [TestCase("a@[99999999999.0.2.1]")]
    [TestCase("a@[192.0.2.1")]
    [TestCase("a@[192.0.2.11")]
    [TestCase("a@[")]
    [TestCase("a@[192.0.2.1]x")]
    [TestCase("a@[ 192.0.2.1]")]
    [TestCase("a@[１92.0.2.1]")]
    [TestCase("a@[]")]
    [TestCase("a@[x400:foo]")]
    [TestCase("a@192.0.2.1")]
    [TestCase("a@1")]
    [TestCase("a@127.1")]
    public void What_is_no_literal_of_SMTP_is_refused(string text) => Assert.That(EnvelopeAddress.TryParse(text, out _), Is.False);

    /// <summary>SMTP-17. RFC 5321 §2.3.8.</summary>
    [TestCase("a@b>\r\nRCPT TO:<c@d")]
    [TestCase("a\r\nRCPT TO:<c@d.example")]
    [TestCase("\"a\r\nRCPT TO:<c\"@d.example")]
    [TestCase("\"a\nb\"@d.example")]
    [TestCase("\"a\rb\"@d.example")]
    [TestCase("\"a\\\r\"@d.example")]
    [TestCase("\"a\\\n\"@d.example")]
    [TestCase("\"a\0b\"@d.example")]
    [TestCase("\"a\tb\"@d.example")]
    [TestCase("\"a\u007Fb\"@d.example")]
    [TestCase("\"a\u0085b\"@d.example")]
    [TestCase("a\u2028b@d.example")]
    [TestCase("a\u0085b@d.example")]
    [TestCase("a>b@d.example")]
    [TestCase("a@d.example>")]
    [TestCase("a@d.example\r\n")]
    [TestCase("a@d.example\0")]
    [TestCase("a b@d.example")]
    [TestCase("<a@d.example>")]
    [TestCase("a@d.example SIZE=1")]
    public void What_would_break_out_of_a_command_never_becomes_an_address(string text)
    {
        Assert.That(EnvelopeAddress.TryParse(text, out EnvelopeAddress? address), Is.False);
        Assert.That(address, Is.Null);
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("a")]
    [TestCase("@")]
    [TestCase("@d.example")]
    [TestCase("a@")]
    [TestCase("a@b@c.example")]
    [TestCase(".a@d.example")]
    [TestCase("a.@d.example")]
    [TestCase("a..b@d.example")]
    [TestCase("\"a@d.example")]
    [TestCase("\"@d.example")]
    [TestCase("\"a\"b@d.example")]
    [TestCase("\"a\"b\"@d.example")]
    [TestCase("\"a\\\"@d.example")]
    [TestCase("a,b@d.example")]
    [TestCase("a@-d.example")]
    [TestCase("a@d..example")]
    [TestCase("a@b>c.example")]
    public void What_is_no_mailbox_is_refused(string? text) => Assert.That(EnvelopeAddress.TryParse(text, out _), Is.False);

    // An attribute cannot hold half a surrogate pair, so these are put together here.
    [TestCase(0xD83D, "x", "@d.example")]
    [TestCase(0xD83D, "", "@d.example")]
    [TestCase(0xDE00, "x", "@d.example")]
    [TestCase(0xD83D, "", "\U0001F600@d.example")]
    public void Half_a_surrogate_pair_is_no_text(int half, string between, string rest)
    {
        Assert.That(EnvelopeAddress.TryParse("x" + (char)half + between + rest, out _), Is.False);
        Assert.That(EnvelopeAddress.TryParse("\"" + (char)half + between + "\"" + rest, out _), Is.False);
    }

    [TestCase(254, true)]
    [TestCase(255, false)]
    [TestCase(5000, false)]
    public void A_mailbox_has_at_most_254_octets(int length, bool isMailbox) =>
        Assert.That(EnvelopeAddress.TryParse(new string('a', length - "@example.com".Length) + "@example.com", out _), Is.EqualTo(isMailbox));

    [Test]
    public void The_limit_counts_octets_of_UTF8() =>
        Assert.That(EnvelopeAddress.TryParse(new string('ü', 122) + "@example.com", out _), Is.False);

    [Test]
    public void The_local_part_is_compared_with_case_and_the_domain_without()
    {
        Assert.That(EnvelopeAddress.Parse("I@EXAMPLE.com"), Is.EqualTo(EnvelopeAddress.Parse("I@example.COM")));
        Assert.That(EnvelopeAddress.Parse("I@example.com"), Is.Not.EqualTo(EnvelopeAddress.Parse("i@example.com")));
        Assert.That(EnvelopeAddress.Parse("a@[IPv6:2001:DB8::1]"), Is.EqualTo(EnvelopeAddress.Parse("a@[IPv6:2001:db8:0::1]")));
    }

    /// <summary>EAI-02. RFC 6531 §3.4.</summary>
    [TestCase("a@example.com", false)]
    [TestCase("a@bücher.example", false)]
    [TestCase("jürgen@example.com", true)]
    [TestCase("\"ä\"@example.com", true)]
    public void Only_the_local_part_can_need_SMTPUTF8(string text, bool needs) =>
        Assert.That(EnvelopeAddress.Parse(text).NeedsSmtpUtf8, Is.EqualTo(needs));

    [Test]
    public void An_address_goes_through_JSON_and_comes_back()
    {
        EnvelopeAddress address = EnvelopeAddress.Parse("\"jane doe\"@Bücher.example");
        Assert.That(JsonSerializer.Deserialize<EnvelopeAddress>(JsonSerializer.Serialize(address)), Is.EqualTo(address));
        Assert.That(() => JsonSerializer.Deserialize<EnvelopeAddress>("\"a\""), Throws.TypeOf<JsonException>());
    }

    [Test]
    public void Parse_says_what_a_mailbox_is() =>
        Assert.That(() => EnvelopeAddress.Parse("a@"), Throws.TypeOf<FormatException>().With.Message.Contains("'a@'"));

    /// <summary>SMTP-17, LIB-10. RFC 5321 §4.1.2.</summary>
    [Test]
    public void Whatever_text_comes_the_parser_does_not_throw_and_what_it_accepts_cannot_leave_its_command() =>
        Gen.OneOf(Gen.String, Gen.OneOf(Pieces).Array[0, 14].Select(string.Concat)).Sample(
            text => !EnvelopeAddress.TryParse(text, out EnvelopeAddress? address)
                || (EnvelopeAddress.Parse(address.ToString()).Equals(address)
                    && !address.ToString().Any(char.IsControl)
                    && (address.LocalPart[0] == '"' || !address.ToString().AsSpan().ContainsAny(" <>,"))),
            iter: 20_000);

    private static readonly string[] Pieces =
        ["a", "B", "@", "@", "\"", "\"", "\\", ".", " ", ">", "<", "\r\n", "\0", "ü", "\uD83D", "[", "]", "IPv6:", "::1", "192.0.2.1", "example.com", "\u2028"];
}
