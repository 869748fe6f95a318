using System.Net;

namespace MtaSts.Delivery.Testing;

/// <summary>A message that an MX host took responsibility for, with a reply of 2xx at its end.</summary>
public sealed record ReceivedMessage
{
    /// <summary>The MX host.</summary>
    public required string Host { get; init; }

    /// <summary>The address of the host, as the fake DNS names it.</summary>
    public required IPAddress Address { get; init; }

    /// <summary>The reverse-path of MAIL, without angle brackets; empty for the null reverse-path.</summary>
    public required string ReversePath { get; init; }

    /// <summary>The parameters of MAIL, such as <c>SIZE=1000</c>.</summary>
    public required IReadOnlyList<string> MailParameters { get; init; }

    /// <summary>The recipients that were accepted, without angle brackets, in order.</summary>
    public required IReadOnlyList<string> Recipients { get; init; }

    /// <summary>The parameters of RCPT, one list for each of <see cref="Recipients"/>.</summary>
    public required IReadOnlyList<IReadOnlyList<string>> RecipientParameters { get; init; }

    /// <summary>The content octet by octet: dot-stuffing undone, without the final dot, with the end of the last line.</summary>
    public required ReadOnlyMemory<byte> Content { get; init; }

    /// <summary>Whether it came under TLS.</summary>
    public required bool IsTls { get; init; }

    /// <summary>The server name in the ClientHello, if there was one.</summary>
    public required string? Sni { get; init; }

    /// <summary>When it was accepted, by the fake clock.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The session in which it came.</summary>
    public required SmtpTranscript Session { get; init; }
}
