using System.Collections.Concurrent;
using MimeKit;
using MtaSts.Delivery;
using MtaSts.Delivery.Outcomes;

namespace IntegrationHarness;

/// <summary>Sends the mail with the link that confirms an address, and keeps what has to wait.</summary>
/// <remarks>The list lives in memory, which is enough here: whoever misses the mail signs up once more.</remarks>
public sealed class SignUpMailer(MailDeliverer deliverer, TimeProvider clock)
{
    private const string Sender = "noreply@shop.example";
    private static readonly TimeSpan LinkLifetime = TimeSpan.FromDays(1);
    private readonly ConcurrentDictionary<string, Waiting> _waiting = new();

    /// <summary>How many mails wait for another try.</summary>
    public int WaitingCount => _waiting.Count;

    /// <summary>The mail for an address.</summary>
    public static MimeMessage Compose(string address, string token)
    {
        var message = new MimeMessage();
        message.From.Add(new MailboxAddress("The shop", Sender));
        message.To.Add(MailboxAddress.Parse(address));
        message.Subject = "Confirm your address";
        message.Body = new TextPart("plain") { Text = $"Welcome! Follow this link within a day:\r\nhttps://shop.example/confirm/{token}\r\n" };
        return message;
    }

    /// <summary>Sends the mail for a new sign-up.</summary>
    public Task<SignUpState> SignUpAsync(string address, string token, CancellationToken cancellationToken = default) =>
        SendAsync(address, new Waiting(token, default, clock.GetUtcNow() + LinkLifetime), cancellationToken);

    /// <summary>Tries what is due once more; to be called every few minutes.</summary>
    public async Task RetryDueAsync(CancellationToken cancellationToken = default)
    {
        foreach ((string address, Waiting waiting) in _waiting)
        {
            DateTimeOffset now = clock.GetUtcNow();
            if (now >= waiting.GiveUpAt)
            {
                _waiting.TryRemove(address, out _);
            }
            else if (now >= waiting.DueAt)
            {
                await SendAsync(address, waiting, cancellationToken);
            }
        }
    }

    private async Task<SignUpState> SendAsync(string address, Waiting waiting, CancellationToken cancellationToken)
    {
        DeliveryResult result = await deliverer.DeliverAsync(Compose(address, waiting.Token), new Envelope(Sender, address), cancellationToken);
        switch (result.For(address))
        {
            case RecipientOutcome.Deferred deferred:
                // Whatever the policy refused waits too: nobody may be told a wrong server's secrets, and the mistake is usually mended soon.
                _waiting[address] = waiting with { DueAt = clock.GetUtcNow() + deferred.RetryAfter };
                return SignUpState.HaveSomePatience;

            case RecipientOutcome.Failed:
                _waiting.TryRemove(address, out _);
                return SignUpState.CorrectTheAddress;

            default:
                _waiting.TryRemove(address, out _);
                return SignUpState.CheckYourMailbox;
        }
    }

    private sealed record Waiting(string Token, DateTimeOffset DueAt, DateTimeOffset GiveUpAt);
}
