using MimeKit;

namespace MtaSts.Delivery.Sessions;

/// <summary>Stored content in the shape that MailKit sends: header fields read, the body passed through octet by octet.</summary>
internal static class StoredMessage
{
    public static MimeMessage Create(MessageContent content)
    {
        using var header = new MemoryStream(content.Header.ToArray(), writable: false);
        return new MimeMessage(content.Header.Length == 0 ? new HeaderList() : HeaderList.Load(header)) { Body = new StoredBody(content.Body, content.HasEightBitBody) };
    }

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
