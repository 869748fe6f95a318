using System.Security.Cryptography.X509Certificates;
using MimeKit;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;

namespace MtaSts.Delivery.InteropTests;

/// <summary>The library as an application uses it; no other file here knows its types.</summary>
internal sealed class Sender(Arguments arguments) : IAsyncDisposable
{
    private readonly MailDeliverer _deliverer = new(Options(arguments));

    public async Task<IReadOnlyList<OutcomeLine>> SendAsync(IEnumerable<string> recipients, CancellationToken cancellationToken)
    {
        MimeMessage message = await MimeMessage.LoadAsync(arguments.Eml, cancellationToken);
        Envelope envelope = new(EnvelopeAddress.Parse(arguments.From), [.. recipients.Select(EnvelopeAddress.Parse)]);
        DeliveryResult result = await _deliverer.DeliverAsync(message, envelope, cancellationToken);
        return [.. result.Outcomes.Select(Line)];
    }

    public ValueTask DisposeAsync() => _deliverer.DisposeAsync();

    // 192.0.2.0/24, where the servers are, counts as public; and nothing is mapped, so ports 25 and 443 are the real ones.
    private static MailDelivererOptions Options(Arguments arguments)
    {
        MailDelivererOptions options = new() { EhloName = "sender.test" };
        options.Dns.Servers.Add(arguments.Dns);
        options.Certificates.TrustAnchors = [];
        options.Certificates.TrustAnchors.ImportFromPemFile(arguments.Trust);
        return options;
    }

    private static OutcomeLine Line(RecipientOutcome outcome) => new(
        outcome.Recipient.ToString(),
        outcome.GetType().Name,
        outcome switch { RecipientOutcome.Deferred deferred => deferred.Stage.ToString(), RecipientOutcome.Failed failed => failed.Stage.ToString(), _ => null },
        outcome.Status.ToString(),
        outcome is RecipientOutcome.Delivered delivered ? Tls(delivered) : null,
        outcome.Explanation);

    private static string Tls(RecipientOutcome.Delivered delivered) => delivered switch
    {
        { IsVerified: true } => "verified",
        { IsEncrypted: true } => "unverified",
        _ => "none",
    };
}
