using System.Text;
using System.Text.Json.Serialization;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>One URI of a <c>rua</c> field: where a domain wants its TLS reports. RFC 8460 §3.</summary>
/// <remarks>A stranger wrote it. What is not plainly usable is kept with the reason, and does the others no harm.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Mail), "mail")]
[JsonDerivedType(typeof(Https), "https")]
[JsonDerivedType(typeof(Unusable), "unusable")]
public abstract record ReportTarget
{
    private const int MaxLength = 2048;

    private ReportTarget()
    {
    }

    /// <summary>Reads one URI.</summary>
    /// <param name="text">The URI as it stands in the record, without white space around it.</param>
    public static ReportTarget Read(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
        {
            return Not(text, FormattableString.Invariant($"it is longer than {MaxLength} characters"));
        }

        if (text.Length == 0 || !text.All(c => c is > ' ' and <= '~'))
        {
            return Not(text, "a URI is printable ASCII without spaces");
        }

        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return (colon < 0 ? "" : text[..colon].ToLowerInvariant()) switch
        {
            "mailto" => ReadMail(text, text[(colon + 1)..]),
            "https" => ReadHttps(text),
            _ => Not(text, "only mailto: and https: are known"),
        };
    }

    /// <summary>Takes the mailbox and nothing else: the header fields of a <c>mailto:</c> URI could name further recipients. RFC 6068 §7.</summary>
    private static ReportTarget ReadMail(string text, string rest)
    {
        int question = rest.IndexOf('?', StringComparison.Ordinal);
        if (Unescape(question < 0 ? rest : rest[..question]) is not { } mailbox)
        {
            return Not(text, "its percent-encoding is broken");
        }

        if (!EnvelopeAddress.TryParse(mailbox, out EnvelopeAddress? address) && !EnvelopeAddress.TryParse(Quoted(mailbox), out address))
        {
            return Not(text, "it does not name one mailbox");
        }

        return address.Domain is null ? Not(text, "it names a mailbox at an address literal") : new Mail(address);
    }

    private static ReportTarget ReadHttps(string text) =>
        !Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) ? Not(text, "it is no URI")
        : uri.UserInfo.Length > 0 ? Not(text, "it carries a user name")
        : !DomainName.TryParse(uri.IdnHost, out DomainName? host) || host.Parent is null ? Not(text, "its host is no fully qualified domain name")
        : new Https(new Uri(uri.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped)));

    /// <summary>The mailbox with its local part in quotes, as SMTP wants one such as <c>a,b</c>. RFC 5321 §4.1.2.</summary>
    private static string? Quoted(string mailbox) => mailbox.IndexOf('@', StringComparison.Ordinal) is var at and > 0 && at == mailbox.LastIndexOf('@')
        ? $"\"{mailbox[..at]}\"{mailbox[at..]}"
        : null;

    private static string? Unescape(string text)
    {
        var octets = new List<byte>(text.Length);
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] != '%')
            {
                octets.Add((byte)text[i]);
            }
            else if (i + 2 < text.Length && char.IsAsciiHexDigit(text[i + 1]) && char.IsAsciiHexDigit(text[i + 2]))
            {
                octets.Add(Convert.FromHexString(text.AsSpan(i + 1, 2))[0]);
                i += 2;
            }
            else
            {
                return null;
            }
        }

        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString([.. octets]);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static Unusable Not(string text, string fault) => new(PeerText.Clean(text, 256), fault);

    /// <summary>Reports go there by mail. RFC 8460 §5.3.</summary>
    /// <param name="Address">The one mailbox that the URI names; header fields in the URI are ignored.</param>
    public sealed record Mail(EnvelopeAddress Address) : ReportTarget;

    /// <summary>Reports go there by HTTPS POST. RFC 8460 §5.4.</summary>
    /// <param name="Endpoint">The URI without a fragment; its host is a domain name.</param>
    public sealed record Https(Uri Endpoint) : ReportTarget;

    /// <summary>Nothing can be sent there.</summary>
    /// <param name="Text">The URI, cleaned and at most 256 characters of it.</param>
    /// <param name="Fault">What is wrong with it, for a person.</param>
    public sealed record Unusable(string Text, string Fault) : ReportTarget;
}
