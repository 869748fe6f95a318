using MimeKit;

namespace MtaSts.Delivery.Sessions;

/// <summary>Stored content in the shape that MailKit sends: header and body passed through octet by octet.</summary>
internal static class StoredMessage
{
    public static MimeMessage Create(MessageContent content)
    {
        IEnumerable<Header> header = content.Header.Length == 0 ? [] : [new StoredHeader(content.Header.ToArray())];
        return new MimeMessage(header) { Body = new StoredBody(content.Body, content.HasEightBitBody) };
    }

    /// <summary>The whole header as one that MimeKit cannot read and so writes as it stands.</summary>
    /// <remarks>What it can read it would leave out (Bcc, Content-Length), drop (lines that are no field) or, for SMTPUTF8, fold anew:
    /// each of these can break a signature.</remarks>
    private sealed class StoredHeader(byte[] octets) : Header(ParserOptions.Default, octets, 0, [], invalid: true);

    /// <summary>A body that is written as it is stored. Its one child tells MailKit whether to declare BODY=8BITMIME.</summary>
    private sealed class StoredBody : Multipart
    {
        private readonly ReadOnlyMemory<byte> _octets;

        public StoredBody(ReadOnlyMemory<byte> octets, bool eightBit)
        {
            _octets = octets;
            Add(new MimePart { ContentTransferEncoding = eightBit ? ContentEncoding.EightBit : ContentEncoding.SevenBit });
            Headers.Clear();
        }

        public override void WriteTo(FormatOptions options, Stream stream, bool contentOnly, CancellationToken cancellationToken = default) =>
            stream.Write(_octets.Span);

        public override Task WriteToAsync(FormatOptions options, Stream stream, bool contentOnly, CancellationToken cancellationToken = default) =>
            stream.WriteAsync(_octets, cancellationToken).AsTask();
    }
}
