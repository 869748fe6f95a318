using System.Buffers;
using System.IO.Compression;
using System.Text.Json;
using MimeKit;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>Reads TLS reports that were received, as JSON, as gzip, or in the mail that brought them. RFC 8460 §4, §5.2, §5.3.</summary>
/// <remarks>Patient with what real reporters get wrong, and telling each such deviation.</remarks>
public static class TlsReportReader
{
    /// <summary>The limit unless another is given: 16 MiB. Real reports have a few kilobytes; RFC 8460 §5.2 thinks of 10 MB at the most.</summary>
    public const int DefaultMaxSize = 16 * 1024 * 1024;

    private const int MaxDepth = 16;

    /// <summary>Reads a report from a stream, which is read to its end or to the limit and left open.</summary>
    /// <param name="stream">The report, JSON or gzip, as in a mail part or an HTTP request; or the whole mail.</param>
    /// <param name="maxSize">How many octets it may have, packed and unpacked; at least 1.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public static async Task<TlsReportReading> ReadAsync(Stream stream, int maxSize = DefaultMaxSize, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSize, 1);
        using var octets = new MemoryStream();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(16384);
        try
        {
            int read;
            while ((read = await stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                if (octets.Length + read > maxSize)
                {
                    return TooLarge(maxSize);
                }

                octets.Write(buffer, 0, read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return Read(octets.GetBuffer().AsMemory(0, (int)octets.Length), maxSize);
    }

    /// <summary>Reads a report.</summary>
    /// <param name="octets">The report, JSON or gzip; or the whole mail.</param>
    /// <param name="maxSize">How many octets it may have, packed and unpacked; at least 1.</param>
    public static TlsReportReading Read(ReadOnlyMemory<byte> octets, int maxSize = DefaultMaxSize)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxSize, 1);
        if (octets.Length > maxSize)
        {
            return TooLarge(maxSize);
        }

        return IsMail(octets.Span) ? ReadMail(octets, maxSize) : ReadFile(octets, maxSize);
    }

    private static TlsReportReading ReadFile(ReadOnlyMemory<byte> octets, int maxSize)
    {
        if (!octets.Span.StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
        {
            return ReadJson(octets);
        }

        try
        {
            return Unpack(octets, maxSize) is { } json ? ReadJson(json) : TooLarge(maxSize);
        }
        catch (InvalidDataException broken)
        {
            return new TlsReportReading.Unreadable(TlsReportFault.NotGzip, "the gzip data is broken: " + broken.Message);
        }
    }

    /// <summary>Whether the text begins with a header field: a letter, further characters of a name, a colon. JSON and gzip never do.</summary>
    private static bool IsMail(ReadOnlySpan<byte> octets) =>
        octets.IndexOf((byte)':') is > 0 and var colon && char.IsAsciiLetter((char)octets[0]) && octets[..colon].IndexOfAnyExceptInRange((byte)'!', (byte)'~') < 0;

    /// <summary>The first report in a mail. Some reporters name the part as an attachment of an unknown kind.</summary>
    private static TlsReportReading ReadMail(ReadOnlyMemory<byte> octets, int maxSize)
    {
        try
        {
            using var stream = new MemoryStream(octets.ToArray());
            using var message = MimeMessage.Load(stream);
            if (message.BodyParts.OfType<MimePart>().FirstOrDefault(IsReport) is { Content: { } content })
            {
                using var file = new MemoryStream();
                content.DecodeTo(file);
                return ReadFile(file.GetBuffer().AsMemory(0, (int)file.Length), maxSize);
            }

            return new TlsReportReading.Unreadable(TlsReportFault.NotReport, "no part of the mail is a TLS report (application/tlsrpt+gzip or application/tlsrpt+json)");
        }
        catch (Exception broken) when (broken is FormatException or IOException)
        {
            return new TlsReportReading.Unreadable(TlsReportFault.NotReport, "the mail is broken: " + PrintableText.Of(broken.Message, 200));
        }
    }

    private static bool IsReport(MimePart part) =>
        part.ContentType.IsMimeType("application", "tlsrpt+gzip") || part.ContentType.IsMimeType("application", "tlsrpt+json")
        || part.FileName is { } name && (name.EndsWith(".json.gz", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".json", StringComparison.OrdinalIgnoreCase));

    private static TlsReportReading ReadJson(ReadOnlyMemory<byte> octets)
    {
        bool hasMark = octets.Span.StartsWith("\uFEFF"u8);
        try
        {
            using var document = JsonDocument.Parse(hasMark ? octets[3..] : octets, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return TlsReportRules.Read(document.RootElement, hasMark);
        }
        catch (JsonException broken)
        {
            return new TlsReportReading.Unreadable(TlsReportFault.NotJson, FormattableString.Invariant($"no JSON from line {broken.LineNumber + 1} on, octet {broken.BytePositionInLine + 1}"));
        }
    }

    /// <summary>Unpacks, or gives up at the limit: a few kilobytes of gzip can stand for gigabytes.</summary>
    private static byte[]? Unpack(ReadOnlyMemory<byte> octets, int maxSize)
    {
        using var packed = new MemoryStream(octets.ToArray());
        using var gzip = new GZipStream(packed, CompressionMode.Decompress);
        using var json = new MemoryStream();
        byte[] buffer = ArrayPool<byte>.Shared.Rent(16384);
        try
        {
            int read;
            while ((read = gzip.Read(buffer)) > 0)
            {
                if (json.Length + read > maxSize)
                {
                    return null;
                }

                json.Write(buffer, 0, read);
            }

            return json.ToArray();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static TlsReportReading.Unreadable TooLarge(int maxSize) =>
        new(TlsReportFault.TooLarge, FormattableString.Invariant($"the report is longer than {maxSize} octets"));
}
