using System.Globalization;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace MtaSts.Delivery.Sessions;

/// <summary>MailKit's client for one connection that is already made: it speaks EHLO, MAIL, RCPT, DATA or BDAT, and QUIT.</summary>
/// <remarks>Refusals are no exceptions here: the replies are on the wire's record, and the outcome is read from there.</remarks>
internal sealed class MailKitClient : SmtpClient
{
    private static readonly FormatOptions International = CreateInternational();
    private static readonly MailboxAddress Sender = new("", "sender@placeholder");
    private static readonly MailboxAddress[] Placeholders = [.. Enumerable.Range(0, 100).Select(Placeholder)];

    private readonly MimeMessage _sevenBit = StandIn(ContentEncoding.SevenBit);
    private readonly MimeMessage _eightBit = StandIn(ContentEncoding.EightBit);
    private long _size;

    public MailKitClient(string ehloName)
    {
        LocalDomain = ehloName;
        // The deadlines are the wire's.
        Timeout = System.Threading.Timeout.Infinite;
    }

    /// <summary>Whether BDAT is said where the server offers CHUNKING.</summary>
    public bool UsesChunks { get; set; }

    /// <summary>Whether a message goes out as it is, announced by its length: a round trip less than DATA, and no dots to double. RFC 3030 §2.</summary>
    protected override bool PreferSendAsBinaryData => UsesChunks && Capabilities.HasFlag(SmtpCapabilities.Chunking);

    /// <summary>Says EHLO on the connection.</summary>
    public Task StartAsync(SmtpWire wire, string host, int port, CancellationToken cancellationToken)
    {
        wire.ReplayGreeting();
        return ConnectAsync(wire, host, port, SecureSocketOptions.None, cancellationToken);
    }

    /// <summary>Runs one transaction; what came of it stands on the wire's record.</summary>
    /// <remarks>MailKit is given stand-ins for addresses and message, for which the wire puts in those that its transaction began with.</remarks>
    public async Task TransactAsync(MessageContent content, int recipients, bool smtpUtf8, CancellationToken cancellationToken)
    {
        _size = content.Octets.Length;
        MimeMessage message = content.HasEightBitBody ? _eightBit : _sevenBit;
        try
        {
            IEnumerable<MailboxAddress> placeholders = recipients <= Placeholders.Length
                ? new ArraySegment<MailboxAddress>(Placeholders, 0, recipients)
                : Enumerable.Range(0, recipients).Select(Placeholder);
            await SendAsync(smtpUtf8 ? International : FormatOptions.Default, message, Sender, placeholders, cancellationToken).ConfigureAwait(false);
        }
        catch (SmtpCommandException)
        {
            // A refusal; MailKit has sent RSET.
        }
    }

    protected override void Prepare(FormatOptions options, MimeMessage message, EncodingConstraint constraint, int maxLineLength)
    {
        // The wire sends the content as it is stored.
    }

    protected override Task<long> GetSizeAsync(FormatOptions options, MimeMessage message, CancellationToken cancellationToken) => Task.FromResult(_size);

    protected override void OnRecipientNotAccepted(MimeMessage message, MailboxAddress mailbox, SmtpResponse response)
    {
        // The others go on.
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _sevenBit.Dispose();
            _eightBit.Dispose();
        }

        base.Dispose(disposing);
    }

    /// <summary>A message without content, whose one part tells MailKit whether to declare BODY=8BITMIME.</summary>
    private static MimeMessage StandIn(ContentEncoding encoding) => new(Enumerable.Empty<Header>()) { Body = new MimePart { ContentTransferEncoding = encoding } };

    private static MailboxAddress Placeholder(int number) => new("", string.Create(CultureInfo.InvariantCulture, $"r{number}@placeholder"));

    private static FormatOptions CreateInternational()
    {
        FormatOptions options = FormatOptions.Default.Clone();
        options.International = true;
        return options;
    }
}
