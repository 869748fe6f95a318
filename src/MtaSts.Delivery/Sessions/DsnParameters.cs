using System.Globalization;
using System.Text;

namespace MtaSts.Delivery.Sessions;

/// <summary>What a sender wishes to be told, as parameters of MAIL and RCPT for a server that knows DSN. RFC 3461 §4, §5.2.1.</summary>
/// <remarks>Each parameter goes on as it was given, and none is made up: where nothing was given, there is nothing.</remarks>
internal static class DsnParameters
{
    /// <summary>RET and ENVID, each with a blank in front. RFC 3461 §4.3, §4.4.</summary>
    public static string ForMail(string? envelopeId, DsnReturn? ret) =>
        (ret switch { DsnReturn.Full => " RET=FULL", DsnReturn.Headers => " RET=HDRS", _ => "" }) + (envelopeId is null ? "" : " ENVID=" + Xtext.Encode(envelopeId));

    /// <summary>NOTIFY and ORCPT, each with a blank in front. RFC 3461 §4.1, §4.2.</summary>
    public static string ForRecipient(RecipientDsn? wishes)
    {
        if (wishes is null)
        {
            return "";
        }

        string notify = string.Join(',', Words(wishes.Notify));
        return (notify.Length == 0 ? "" : " NOTIFY=" + notify) + (wishes.OriginalRecipient is { } original ? " ORCPT=" + Original(original) : "");
    }

    private static IEnumerable<string> Words(DsnNotify notify) =>
        from one in ((DsnNotify Flag, string Word)[])[(DsnNotify.Never, "NEVER"), (DsnNotify.Success, "SUCCESS"), (DsnNotify.Failure, "FAILURE"), (DsnNotify.Delay, "DELAY")]
        where notify.HasFlag(one.Flag)
        select one.Word;

    private static string Original(string original)
    {
        int semicolon = original.IndexOf(';', StringComparison.Ordinal);
        (string type, string address) = (original[..semicolon], original[(semicolon + 1)..]);
        return type + ";" + (type.Equals("utf-8", StringComparison.OrdinalIgnoreCase) ? Escape(address) : Xtext.Encode(address));
    }

    /// <summary>An address of the type utf-8, which no xtext is: what is not ASCII stands as <c>\x{code point}</c>, so that a server without SMTPUTF8 can take it. RFC 6533 §3.</summary>
    private static string Escape(string address)
    {
        var text = new StringBuilder(address.Length);
        foreach (Rune rune in address.EnumerateRunes())
        {
            _ = rune.Value is > ' ' and <= '~' and not ('+' or '=') ? text.Append((char)rune.Value) : text.Append(CultureInfo.InvariantCulture, $"\\x{{{rune.Value:X2}}}");
        }

        return text.ToString();
    }
}
