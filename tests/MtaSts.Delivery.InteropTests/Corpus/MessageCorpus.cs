using System.Globalization;
using System.Text;
using MimeKit;
using MimeKit.Cryptography;

namespace MtaSts.Delivery.InteropTests.Corpus;

/// <summary>Messages that mail software gets wrong, the same in every run but for their signatures.</summary>
internal static class MessageCorpus
{
    private static readonly DateTimeOffset Date = new(2026, 1, 1, 12, 0, 0, TimeSpan.Zero);

    /// <summary>All messages.</summary>
    /// <param name="keys">What some of them are signed with.</param>
    public static IReadOnlyList<CorpusMessage> Create(DkimKeys keys) =>
        [.. Texts(), .. Lines(), .. EightBit(), .. International(), .. Headers(), .. Multiparts(), .. Large(), .. Envelopes(), .. Signed(keys), .. Unsendable(keys)];

    private static IEnumerable<CorpusMessage> Texts()
    {
        yield return Message("plain text", "Hello\r\n");
        yield return Message("empty body", "");
        yield return Stored("header without the blank line", Header("header without the blank line"), Header("header without the blank line") + "\r\n");
        yield return Stored("no line end at the end", Header("no line end at the end") + "\r\nno line end", Header("no line end at the end") + "\r\nno line end\r\n");
        yield return Message("body of one blank line", "\r\n");
        yield return Message("blank lines at the end", "text" + Repeat("\r\n", 1000));
        yield return Message("blanks at the ends of lines", "one \r\ntwo  \r\ntab\t\r\n \r\n\t\r\n");
        yield return Message("lines like SMTP commands", "QUIT\r\nRSET\r\nDATA\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nBDAT 10 LAST\r\nSTARTTLS\r\n");
        yield return Message("lines like a mailbox's", "From me to you\r\n>From there\r\nFrom sender@sender.test Thu Jan  1 12:00:00 2026\r\n");
        yield return Message("control characters", string.Concat(Enumerable.Range(1, 31).Where(c => c is not ('\r' or '\n')).Select(c => (char)c)) + "\x7f\r\n");
        yield return Message("ISO-2022-JP", "\x1b$B$3$s$K$A$O\x1b(B\r\n", "Content-Type: text/plain; charset=iso-2022-jp\r\n");
    }

    private static IEnumerable<CorpusMessage> Lines()
    {
        yield return Message("one dot", ".\r\n");
        yield return Message("many dots", string.Concat(Enumerable.Range(1, 60).Select(count => new string('.', count) + "\r\n")));
        yield return Message("dots at begin and end of lines", ".begin\r\nend.\r\n. \r\n ..\r\n.\t.\r\n..\r\n");
        yield return Message("a dot as the last line", "text\r\n\r\n.\r\n");
        yield return Message("lines of 998 octets", Repeat(new string('x', 998) + "\r\n", 20));
        yield return Message("lines of 998 octets that begin with a dot", Repeat("." + new string('x', 997) + "\r\n", 20));
        yield return Message("format=flowed", "A line that flows \r\nto here\r\n> quoted \r\n> too\r\n-- \r\nsignature\r\n", "Content-Type: text/plain; format=flowed; delsp=yes\r\n");
    }

    private static IEnumerable<CorpusMessage> EightBit()
    {
        yield return Message("8-bit UTF-8", "Grüße, 東京, Ελλάδα\r\n", Text("utf-8"));
        yield return Bytes("8-bit Latin-1", Text("iso-8859-1"), Encoding.Latin1.GetBytes("Grüße aus Zürich\r\n"));
        yield return Bytes("every octet above 127", Text("iso-8859-1"), [.. Enumerable.Range(128, 128).Select(octet => (byte)octet), .. "\r\n"u8]);
        byte[] longest = [.. Enumerable.Repeat((byte)0xFF, 998), .. "\r\n"u8];
        yield return Bytes("8-bit lines of 998 octets", Text("iso-8859-1"), [.. longest, .. longest, .. longest]);
        yield return Bytes("8-bit without MIME header", "", Encoding.UTF8.GetBytes("Grüße\r\n"));
        const string mixed = "Content-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: 8bit\r\n";
        yield return Message("8-bit in the third part",
            Part("text/plain", "one") + Part("text/plain", "two") + Part("text/plain; charset=utf-8", "drei: ü", "Content-Transfer-Encoding: 8bit\r\n") + "--b--\r\n", mixed);
        CorpusMessage outside = Message("8-bit outside the parts", "vor den Teilen: ü\r\n" + Part("text/plain", "one") + "--b--\r\nnach den Teilen: ü\r\n", mixed);
        yield return outside with { IsEncodable = false };
        CorpusMessage inside = Message("UTF-8 in a part's header", Part("text/plain", "one", "Content-Description: Grüße\r\n") + "--b--\r\n", mixed);
        yield return inside with { IsEncodable = false };
    }

    private static IEnumerable<CorpusMessage> International()
    {
        yield return Message("UTF-8 in the header", "text\r\n", "X-Town: Zürich 東京\r\n");
        yield return Message("UTF-8 recipient", "text\r\n") with { LocalPart = "jörg" };
        yield return Message("Chinese recipient", "text\r\n") with { LocalPart = "用户" };
        yield return Message("UTF-8 sender", "text\r\n") with { From = "jürgen@sender.test" };
    }

    private static IEnumerable<CorpusMessage> Headers()
    {
        yield return Message("folded header fields", "text\r\n", "X-Folded: one\r\n two\r\n\tthree\r\n  four   five \r\n\t\t six\r\nX-Begins:\r\n in the next line\r\n");
        yield return Message("header line of 998 octets", "text\r\n", "X-Long: " + new string('y', 990) + "\r\n");
        yield return Message("header field of 16 KB", "text\r\n", "X-Huge: begin\r\n" + string.Concat(Enumerable.Range(0, 160).Select(i => string.Create(CultureInfo.InvariantCulture, $" {i:000} {new string('z', 90)}\r\n"))));
        yield return Message("200 header fields", "text\r\n", string.Concat(Enumerable.Range(0, 200).Select(i => string.Create(CultureInfo.InvariantCulture, $"X-Field-{i}: {i}\r\n"))));
        yield return Message("the same field many times", "text\r\n", Repeat("X-Again: and again\r\n", 20) + "Comments: one\r\nComments: two\r\n");
        yield return Message("fields with odd spaces", "text\r\n", "X-None:none\r\nX-Three:   three\r\nX-End: end  \r\nX-Tab:\ttab\r\nX-Empty:\r\nX-eMpTy-LoWeR:  \r\n");
        yield return Message("trace fields of earlier hosts", "text\r\n", Repeat("Received: from a.test (a.test [192.0.2.1])\r\n\tby b.test with ESMTP id 1; Thu, 1 Jan 2026 12:00:00 +0000\r\n", 15));
        yield return Message("encoded words", "text\r\n", "X-Encoded: =?utf-8?Q?Gr=C3=BC=C3=9Fe?= =?utf-8?B?R3LDvMOfZQ==?=\r\n =?iso-8859-1?Q?=FC?= and text\r\n");
    }

    private static IEnumerable<CorpusMessage> Multiparts()
    {
        yield return Message("multiparts, ten deep", Nested(10), "Content-Type: multipart/mixed; boundary=\"deep-10\"\r\n");
        yield return Message("multiparts, a hundred deep", Nested(100), "Content-Type: multipart/mixed; boundary=\"deep-100\"\r\n");
        yield return Message("preamble and epilogue", "a preamble\r\n.\r\n" + Part("text/plain", "one") + "--b--\r\nan epilogue\r\n.\r\n", "Content-Type: multipart/mixed; boundary=b\r\n");
        yield return Message("multipart that never ends", Part("text/plain", "one") + Part("text/html", "<p>two"), "Content-Type: multipart/alternative; boundary=b\r\n");
        yield return Message("multipart without parts", "no boundary anywhere\r\n", "Content-Type: multipart/mixed; boundary=b\r\n");
        yield return Message("boundaries that begin alike",
            "--b\r\nContent-Type: multipart/mixed; boundary=bb\r\n\r\n--bb\r\n\r\ninner\r\n--bb--\r\n--bbb\r\n--b--\r\n", "Content-Type: multipart/mixed; boundary=b\r\n");
        yield return Message("message in a message in a message", "Subject: one\r\nContent-Type: message/rfc822\r\n\r\nSubject: two\r\n\r\n.\r\n", "Content-Type: message/rfc822\r\n");
        yield return Message("quoted-printable with soft breaks", "=2Edot =\r\n.=\r\n=3D and a long=20=\r\n\r\n", "Content-Type: text/plain\r\nContent-Transfer-Encoding: quoted-printable\r\n");
        yield return Message("base64 with odd lines", "SGVs\r\nbG8sIH\r\nd\r\nvcmxkIQ==\r\n\r\n", "Content-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n");
    }

    private static IEnumerable<CorpusMessage> Large()
    {
        byte[] attachment = new byte[20 << 20];
        new Random(20).NextBytes(attachment);
        string base64 = Convert.ToBase64String(attachment.AsSpan(0, attachment.Length / 78 * 57), Base64FormattingOptions.InsertLineBreaks);
        yield return Message("20 MB attachment", Part("text/plain", "see there") + Part("application/octet-stream", base64, "Content-Transfer-Encoding: base64\r\n") + "--b--\r\n", "Content-Type: multipart/mixed; boundary=b\r\n");
        yield return Message("100,000 lines of a dot", Repeat(".\r\n", 100_000));
        yield return Message("a megabyte of short lines", Repeat("a\r\n", 350_000));
    }

    private static IEnumerable<CorpusMessage> Envelopes()
    {
        yield return Message("null sender", "text\r\n") with { From = "" };
        yield return Message("plus and other signs in the recipient", "text\r\n") with { LocalPart = "user+tag=a.b_c-d" };
        yield return Message("local part of 64 octets", "text\r\n") with { LocalPart = new string('l', 64) };
    }

    private static IEnumerable<CorpusMessage> Signed(DkimKeys keys)
    {
        yield return Sign("DKIM, relaxed/relaxed", "Hello  \r\n\r\n\r\n", "", DkimCanonicalizationAlgorithm.Relaxed, keys.Rsa);
        yield return Sign("DKIM, simple/simple", "Hello  \r\n .\r\n.\r\n\r\n\r\n", "X-Folded: one\r\n\ttwo   three \r\n", DkimCanonicalizationAlgorithm.Simple, keys.Rsa);
        yield return Sign("DKIM, 8-bit", "Grüße, 東京\r\n", Text("utf-8"), DkimCanonicalizationAlgorithm.Simple, keys.Rsa) with { IsEncodable = false };
        yield return Sign("DKIM, longest lines", Repeat("." + new string('x', 997) + "\r\n", 20), "X-Long: " + new string('y', 990) + "\r\n", DkimCanonicalizationAlgorithm.Simple, keys.Rsa);
        yield return Sign("DKIM, Ed25519", "Hello\r\n", "", DkimCanonicalizationAlgorithm.Relaxed, keys.Ed25519);
        yield return Message("multipart/signed", Part("text/plain", "signed text  ") + Part("application/pgp-signature", "no real signature") + "--b--\r\n",
            "Content-Type: multipart/signed; boundary=b; micalg=pgp-sha256; protocol=\"application/pgp-signature\"\r\n");
    }

    private static IEnumerable<CorpusMessage> Unsendable(DkimKeys keys)
    {
        string bare = Header("bare CR and bare LF") + "\r\none\rtwo\nthree\r\n\n.\n";
        yield return Stored("bare CR and bare LF", bare, bare.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').Replace("\n", "\r\n", StringComparison.Ordinal));
        yield return Message("a line of 5,000 octets", new string('x', 5000) + "\r\n", "Content-Type: text/plain\r\n") with { Fate = Fate.Encoded };
        yield return Message("NUL octets", "one\0two\r\n", "Content-Type: text/plain\r\n") with { Fate = Fate.Encoded };
        yield return Sign("DKIM, a line of 5,000 octets", new string('x', 5000) + "\r\n", "", DkimCanonicalizationAlgorithm.Relaxed, keys.Rsa) with { Fate = Fate.Refused };
    }

    private static CorpusMessage Message(string name, string body, string fields = "") => Stored(name, Header(name, fields) + "\r\n" + body);

    private static CorpusMessage Stored(string name, string octets, string? expected = null) =>
        new(name, Encoding.UTF8.GetBytes(octets), Encoding.UTF8.GetBytes(expected ?? octets));

    private static CorpusMessage Bytes(string name, string fields, byte[] body)
    {
        byte[] octets = [.. Encoding.UTF8.GetBytes(Header(name, fields) + "\r\n"), .. body];
        return new CorpusMessage(name, octets, octets);
    }

    // The name stands in a field, by which a message that arrives changed is found again. Whatever a server might add, is there.
    private static string Header(string name, string fields = "") =>
        $"Date: {Date:ddd, dd MMM yyyy HH:mm:ss} +0000\r\nFrom: \"A. Sender\" <sender@sender.test>\r\nTo: recipient@recipient.test\r\nSubject: {name}\r\n" +
        $"Message-ID: <{Slug(name)}@sender.test>\r\nX-Corpus: {Slug(name)}\r\n" + (fields.Contains("Content-", StringComparison.Ordinal) ? "MIME-Version: 1.0\r\n" : "") + fields;

    internal static string Slug(string name) => string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? char.ToLowerInvariant(c) : '-'));

    private static string Text(string charset) => $"Content-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: 8bit\r\n";

    private static string Part(string type, string text, string fields = "") => $"--b\r\nContent-Type: {type}\r\n{fields}\r\n{text}\r\n";

    private static string Nested(int depth) => depth == 0
        ? ""
        : $"--deep-{depth}\r\nContent-Type: multipart/mixed; boundary=\"deep-{depth - 1}\"\r\n\r\n{(depth == 1 ? "--deep-0\r\n\r\nthe innermost\r\n--deep-0--\r\n" : Nested(depth - 1))}--deep-{depth}--\r\n";

    private static string Repeat(string text, int count) => new StringBuilder(text.Length * count).Insert(0, text, count).ToString();

    private static CorpusMessage Sign(string name, string body, string fields, DkimCanonicalizationAlgorithm canonicalization, DkimKeys.Key key)
    {
        CorpusMessage unsigned = Message(name, body, fields);
        byte[] octets = DkimKeys.Sign(unsigned.Octets, canonicalization, key);
        return unsigned with { Octets = octets, Expected = octets, IsSigned = true };
    }
}
