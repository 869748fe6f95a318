using System.Buffers;
using System.Net;
using System.Security.Authentication;
using MtaSts.Delivery.Testing.Network;
using MtaSts.Delivery.Testing.Smtp;

namespace MtaSts.Delivery.Testing;

/// <summary>What was said in one SMTP session. It grows while the session lasts.</summary>
public sealed class SmtpTranscript
{
    private static readonly SearchValues<char> VerbEnds = SearchValues.Create(" \t:<");
    private const int LongestTranscript = 20_000;
    private readonly Log<SmtpLine> _lines = new(LongestTranscript);
    private readonly Log<SmtpLine> _recipients = new(LongestTranscript);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    internal SmtpTranscript(string host, IPEndPoint endPoint, DateTimeOffset started)
    {
        Host = host;
        Address = endPoint.Address;
        Started = started;
    }

    /// <summary>The MX host.</summary>
    public string Host { get; }

    /// <summary>The address of the host, as the fake DNS names it.</summary>
    public IPAddress Address { get; }

    /// <summary>When the client connected, by the fake clock.</summary>
    public DateTimeOffset Started { get; }

    /// <summary>The server name in the ClientHello, if there was one.</summary>
    public string? Sni { get; internal set; }

    /// <summary>The protocol that the handshake arrived at; none before, or when it failed.</summary>
    public SslProtocols TlsProtocol { get; internal set; }

    /// <summary>Whether the session is over.</summary>
    public bool HasEnded => _ended.Task.IsCompleted;

    /// <summary>The lines so far.</summary>
    public IReadOnlyList<SmtpLine> Lines => _lines.Snapshot();

    /// <summary>The client's commands so far, verbs only, in upper case.</summary>
    public IReadOnlyList<string> Commands => [.. ClientLines().Select(line => Verb(line.Text))];

    /// <summary>The client's commands in clear so far, as they were said: all that somebody on the way could read and change.</summary>
    public IReadOnlyList<string> SaidInClear => [.. ClientLines().Where(line => !line.IsTls).Select(line => line.Text)];

    /// <summary>Whether the client said anything of an envelope: MAIL, RCPT, DATA or BDAT, in clear or under TLS.</summary>
    public bool WasOfferedMail { get; private set; }

    /// <summary>Whether the client said MAIL, RCPT, DATA or BDAT in clear.</summary>
    public bool WasOfferedMailInClear { get; private set; }

    /// <summary>Whether any octet of message content came.</summary>
    public bool ReceivedContent { get; internal set; }

    /// <summary>Whether the client said a command outside TLS.</summary>
    public bool SentInClear(string verb) =>
        ClientLines().Any(line => !line.IsTls && Verb(line.Text).Equals(verb, StringComparison.OrdinalIgnoreCase));

    /// <summary>Waits until the session is over; the server notices the end a little later than the client.</summary>
    public Task WaitForEndAsync(CancellationToken cancellationToken = default) => _ended.Task.WaitAsync(cancellationToken);

    /// <summary>The whole session, a line each.</summary>
    public override string ToString() => string.Join('\n', Lines);

    /// <summary>The verb of a command, however it is spelled, in upper case.</summary>
    internal static string Verb(string line)
    {
        ReadOnlySpan<char> text = line.AsSpan().TrimStart();
        int end = text.IndexOfAny(VerbEnds);
        return text[..(end < 0 ? text.Length : end)].ToString().ToUpperInvariant();
    }

    internal void Add(SmtpDirection direction, string text, bool isTls)
    {
        // Noted at once: a long session forgets its first lines.
        var line = new SmtpLine(direction, text, isTls);
        bool isAboutMail = IsCommand(line) && IsAboutMail(line);
        WasOfferedMail |= isAboutMail;
        WasOfferedMailInClear |= isAboutMail && !isTls;
        _lines.Add(line);
        if (isAboutMail && Verb(text) == "RCPT")
        {
            _recipients.Add(line);
        }
    }

    /// <summary>Whether a recipient was named in RCPT; only in clear, or in clear or under TLS.</summary>
    internal bool HasHeardOf(string recipient, bool inClear) => _recipients.Snapshot().Any(line =>
        !(inClear && line.IsTls) && Smtp.Envelope.TryParsePath(line.Text) is { } named && Mailbox.IsSame(named.Path, recipient));

    internal void End() => _ended.TrySetResult();

    private IEnumerable<SmtpLine> ClientLines() => Lines.Where(IsCommand);

    private static bool IsCommand(SmtpLine line) => line.Direction == SmtpDirection.Client && !line.Text.StartsWith('(');

    private static bool IsAboutMail(SmtpLine line) => Verb(line.Text) is "MAIL" or "RCPT" or "DATA" or "BDAT" or "SEND" or "SOML" or "SAML";
}
