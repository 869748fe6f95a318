using System.Globalization;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.InteropTests;

/// <summary>The library as an application uses it.</summary>
internal sealed class Sender : IAsyncDisposable
{
    public Sender(Arguments arguments, Action<MailDelivererOptions>? configure = null)
    {
        MailDelivererOptions options = Options(arguments);
        configure?.Invoke(options);
        Deliverer = new MailDeliverer(options);
    }

    public MailDeliverer Deliverer { get; }

    /// <summary>Delivers a message as it is stored.</summary>
    /// <param name="message">The octets.</param>
    /// <param name="from">The reverse-path; empty for the null one.</param>
    /// <param name="recipients">At least one.</param>
    /// <param name="cancellationToken">Ends the delivery.</param>
    public async Task<IReadOnlyList<OutcomeLine>> SendAsync(byte[] message, string from, IReadOnlyList<string> recipients, CancellationToken cancellationToken)
    {
        var envelope = new Envelope(from, recipients);
        DeliveryResult result = await Deliverer.DeliverAsync(MessageContent.From(message), envelope, cancellationToken);
        return [.. result.Outcomes.Select(outcome => Line(outcome, result))];
    }

    public ValueTask DisposeAsync() => Deliverer.DisposeAsync();

    internal static MailDelivererOptions Options(Arguments arguments)
    {
        MailDelivererOptions options = new();
        Configure(options, arguments);
        return options;
    }

    // 192.0.2.0/24, where the servers are, counts as public; and nothing is mapped, so ports 25 and 443 are the real ones.
    internal static void Configure(MailDelivererOptions options, Arguments arguments)
    {
        options.EhloName = "sender.test";
        foreach (var server in arguments.Dns)
        {
            options.Dns.Servers.Add(server);
        }

        if (arguments.Has("--dane"))
        {
            options.Dane.Mode = DaneMode.Opportunistic;
            foreach (var server in arguments.Dns)
            {
                options.Dns.TrustedResolvers.Add(server.Address);
            }
        }

        // Shorter than a server would have them: a part waits for several of them to pass.
        Set("--query-timeout", value => options.Dns.QueryTimeout = value);
        Set("--connect-timeout", value => options.Network.ConnectTimeout = value);
        Set("--content-timeout", value =>
        {
            SessionOptions sessions = options.Sessions;
            (sessions.GreetingTimeout, sessions.CommandTimeout, sessions.MailTimeout, sessions.RcptTimeout) = (value, value, value, value);
            (sessions.DataTimeout, sessions.ContentBlockTimeout, sessions.FinalDotTimeout) = (value, value, value);
        });

        options.Certificates.TrustAnchors = [];
        options.Certificates.TrustAnchors.ImportFromPemFile(arguments.Trust);

        void Set(string option, Action<TimeSpan> set)
        {
            if (arguments.All(option) is [var seconds])
            {
                set(TimeSpan.FromSeconds(int.Parse(seconds, CultureInfo.InvariantCulture)));
            }
        }
    }

    private static OutcomeLine Line(RecipientOutcome outcome, DeliveryResult result)
    {
        DomainDelivery? domain = result.Domains.FirstOrDefault(one => one.Domain == outcome.Recipient.Domain?.Value);
        return new OutcomeLine(
            outcome.Recipient.ToString(),
            outcome.GetType().Name,
            outcome switch { RecipientOutcome.Deferred deferred => deferred.Stage.ToString(), RecipientOutcome.Failed failed => failed.Stage.ToString(), _ => null },
            outcome.Status.ToString(),
            outcome is RecipientOutcome.Delivered delivered ? Tls(delivered) : null,
            domain?.Policy.Policy?.Mode.ToString().ToLowerInvariant(),
            domain?.Policy.Fault?.ToString(),
            outcome.Explanation,
            outcome is RecipientOutcome.Deferred { MayHaveBeenDelivered: true });
    }

    private static string Tls(RecipientOutcome.Delivered delivered) => delivered switch
    {
        { IsVerified: true } => "verified",
        { IsEncrypted: true } => "unverified",
        _ => "none",
    };
}
