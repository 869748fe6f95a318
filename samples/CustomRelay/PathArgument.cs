using MtaSts.Delivery.Names;

namespace CustomRelay;

/// <summary>What stands behind MAIL or RCPT: a path, and parameters. RFC 5321 §4.1.1.2, §4.1.1.3.</summary>
/// <param name="Address">The mailbox; <see langword="null"/> for <c>&lt;&gt;</c>.</param>
/// <param name="Parameters">The parameters by their keywords in capitals; the value is empty for those without one.</param>
internal sealed record PathArgument(EnvelopeAddress? Address, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>Reads an argument.</summary>
    /// <param name="keyword"><c>FROM:</c> or <c>TO:</c>.</param>
    /// <param name="argument">What stands behind the verb.</param>
    /// <param name="domain">The domain of the relay's own postmaster.</param>
    /// <param name="reply">The reply to one that cannot be; <see langword="null"/> when it can.</param>
    public static PathArgument? Read(string keyword, string argument, string? domain, out string? reply)
    {
        reply = $"501 5.5.4 Expected {keyword}<address> and parameters";
        if (!argument.StartsWith(keyword, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string path = argument[keyword.Length..].TrimStart(' ');
        int end = EndOfPath(path);
        if (end < 0 || (end + 1 < path.Length && path[end + 1] != ' '))
        {
            return null;
        }

        var parameters = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (string parameter in path[(end + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = parameter.Split('=', 2);
            if (!parameters.TryAdd(parts[0].ToUpperInvariant(), parts.Length == 2 ? parts[1] : ""))
            {
                reply = "501 5.5.4 A parameter stands there twice";
                return null;
            }
        }

        EnvelopeAddress? address = null;
        string inner = path[1..end];
        if (keyword == "TO:" && inner.Equals("postmaster", StringComparison.OrdinalIgnoreCase) && domain is not null)
        {
            // The one mailbox that needs no domain. RFC 5321 §4.5.1.
            inner += "@" + domain;
        }

        if (inner.Length > 0 && !EnvelopeAddress.TryParse(inner, out address))
        {
            reply = keyword == "TO:" ? "553 5.1.3 That is no mail address" : "553 5.1.7 That is no mail address";
            return null;
        }

        reply = null;
        return new PathArgument(address, parameters);
    }

    /// <summary>Where the path's <c>&gt;</c> stands: one within quotes is part of the address.</summary>
    private static int EndOfPath(string path)
    {
        if (!path.StartsWith('<'))
        {
            return -1;
        }

        bool isQuoted = false;
        for (int i = 1; i < path.Length; i++)
        {
            switch (path[i])
            {
                case '\\' when isQuoted:
                    i++;
                    break;
                case '"':
                    isQuoted = !isQuoted;
                    break;
                case '>' when !isQuoted:
                    return i;
            }
        }

        return -1;
    }
}
