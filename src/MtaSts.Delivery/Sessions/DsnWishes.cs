using System.Globalization;
using System.Text;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Sessions;

/// <summary>What the sender wishes to be told about a message, for servers that know DSN. RFC 3461 §4, §5.2.1: passed on as it was given, and nothing invented.</summary>
internal sealed record DsnWishes(string? EnvelopeId, DsnReturn? Return, IReadOnlyDictionary<EnvelopeAddress, RecipientDsn> Notifications)
{
    /// <summary>The parameters of MAIL, each with a blank in front.</summary>
    public string ForMail()
    {
        string ret = Return switch { DsnReturn.Full => " RET=FULL", DsnReturn.Headers => " RET=HDRS", _ => "" };
        return EnvelopeId is null ? ret : $"{ret} ENVID={Xtext.Encode(EnvelopeId)}";
    }

    /// <summary>The parameters of RCPT for one recipient, each with a blank in front.</summary>
    public string ForRcpt(EnvelopeAddress recipient)
    {
        if (!Notifications.TryGetValue(recipient, out RecipientDsn? wish))
        {
            return "";
        }

        var parameters = new StringBuilder();
        if (wish.Notify != DsnNotify.None)
        {
            string[] words = [.. Words(wish.Notify)];
            parameters.Append(" NOTIFY=").AppendJoin(',', words);
        }

        if (wish.OriginalRecipient is { } original)
        {
            // The type stands as it is, only the address is encoded.
            int address = original.IndexOf(';', StringComparison.Ordinal) + 1;
            bool isUtf8 = original.StartsWith("utf-8;", StringComparison.OrdinalIgnoreCase);
            parameters.Append(" ORCPT=").Append(original, 0, address).Append(isUtf8 ? Utf8Xtext(original[address..]) : Xtext.Encode(original[address..]));
        }

        return parameters.ToString();
    }

    /// <summary>An internationalized address in ASCII, which every server takes. RFC 6533 §3, utf-8-addr-xtext.</summary>
    private static string Utf8Xtext(string address) => string.Concat(address.EnumerateRunes().Select(rune =>
        rune.Value is > 32 and < 127 and not ('+' or '=' or '\\') ? rune.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\x{{{rune.Value:X}}}")));

    private static IEnumerable<string> Words(DsnNotify notify)
    {
        if (notify == DsnNotify.Never)
        {
            yield return "NEVER";
        }

        if (notify.HasFlag(DsnNotify.Success))
        {
            yield return "SUCCESS";
        }

        if (notify.HasFlag(DsnNotify.Failure))
        {
            yield return "FAILURE";
        }

        if (notify.HasFlag(DsnNotify.Delay))
        {
            yield return "DELAY";
        }
    }
}
