using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using MimeKit;
using MtaSts.Delivery;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Queue;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace TransactionalMail;

/// <summary>The application: the same for a person, for the self-run and for production.</summary>
internal static class SignUpApplication
{
    private const string Sender = "noreply@shop.example";

    // A link that is worth a day is not worth five days of tries.
    private static readonly EnqueueOptions CodeMail = new() { Priority = QueuePriority.Urgent, Lifetime = TimeSpan.FromDays(1), Tag = "signup" };

    /// <summary>Puts the application together.</summary>
    /// <param name="url">Where it listens.</param>
    /// <param name="folder">Where queue and policies are kept.</param>
    /// <param name="delivery">Sets how mail is delivered: the EHLO name at least.</param>
    /// <param name="clock">The clock of the mail; the system's unless given.</param>
    /// <param name="metrics">Where metrics go, for the self-run, which shows what it does by itself; otherwise they go to the console, and logs with them.</param>
    public static WebApplication Create(string url, string folder, Action<MailDelivererOptions> delivery, TimeProvider? clock = null, ICollection<Metric>? metrics = null)
    {
        WebApplicationBuilder builder = WebApplication.CreateBuilder();
        builder.WebHost.UseUrls(url);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).SetMinimumLevel(metrics is null ? LogLevel.Information : LogLevel.Error);
        builder.Services.AddSingleton(clock ?? TimeProvider.System);

        // These lines are all that the mail needs. The queue's host service delivers while the application runs.
        builder.Services.AddMtaStsDelivery(delivery)
            .AddSqliteQueue(Path.Combine(folder, "queue.db"), queue => queue.DelayNoticeAfter = Timeout.InfiniteTimeSpan)
            .AddQueueNotices(notices => notices.Contact = "help@shop.example");

        builder.Services.AddSingleton<Ledger>();
        builder.Services.AddSingleton<IQueueListener>(services => services.GetRequiredService<Ledger>());
        builder.Services.AddHealthChecks().AddCheck<MailQueueHealthCheck>("queue");
        builder.Services.AddOpenTelemetry()
            .WithMetrics(meters =>
            {
                meters.AddMeter("MtaSts.Delivery").AddAspNetCoreInstrumentation();
                _ = metrics is null ? meters.AddConsoleExporter() : meters.AddInMemoryExporter(metrics);
            })
            .WithTracing(traces =>
            {
                traces.AddSource("MtaSts.Delivery").AddAspNetCoreInstrumentation();
                _ = metrics is null ? traces.AddConsoleExporter() : traces;
            });

        WebApplication application = builder.Build();
        application.MapPost("/signup", SignUpAsync);
        application.MapGet("/mail/{id:long}", FindAsync);
        application.MapHealthChecks("/health", new HealthCheckOptions { ResponseWriter = WriteHealthAsync });
        return application;
    }

    /// <summary>Takes a sign-up. The answer comes when the mail is on the disk: from then on it is the queue's to deliver or to bounce.</summary>
    private static async Task<IResult> SignUpAsync(SignUp signUp, IMailQueue queue, CancellationToken cancellationToken)
    {
        if (!EnvelopeAddress.TryParse(signUp.Email, out EnvelopeAddress? address))
        {
            return Results.Problem("This is no mail address; write one such as jane@example.com.", statusCode: StatusCodes.Status400BadRequest);
        }

        try
        {
            QueueId id = await queue.EnqueueAsync(Compose(address), new Envelope(EnvelopeAddress.Parse(Sender), [address]), CodeMail, cancellationToken);
            return Results.Accepted($"/mail/{id}", new { id = id.Value });
        }
        catch (QueueException failure)
        {
            // Nothing was taken, and whoever asked must know: a code that never comes looks like a fault of theirs.
            return Results.Problem(failure.Message, statusCode: StatusCodes.Status503ServiceUnavailable);
        }
    }

    /// <summary>What became of a mail: the queue knows while it works on it, the ledger afterwards.</summary>
    private static async Task<IResult> FindAsync(long id, IMailQueue queue, Ledger ledger, CancellationToken cancellationToken)
    {
        QueuedRecipient? waiting = id > 0 && await queue.FindAsync(new QueueId(id), cancellationToken) is { Recipients: [var first, ..] } ? first : null;
        MailState? state = waiting is { State: not (RecipientState.Delivered or RecipientState.Failed) }
            ? new MailState(id, waiting.State.ToString().ToLowerInvariant(), waiting.LastAttempt?.Status.ToString(), waiting.LastAttempt?.Explanation, waiting.LastAttempt?.Advice, waiting.NextTry)
            : ledger.Find(id);
        return state is null ? Results.NotFound() : Results.Ok(state);
    }

    /// <summary>The verdict with the queue's own sentence. Keep this page to your own network: it says how much mail waits.</summary>
    private static Task WriteHealthAsync(HttpContext context, HealthReport report) =>
        context.Response.WriteAsJsonAsync(new { status = report.Status.ToString(), queue = report.Entries["queue"].Description });

    private static MimeMessage Compose(EnvelopeAddress address)
    {
        var message = new MimeMessage();
        message.From.Add(new MailboxAddress("The shop", Sender));
        message.To.Add(new MailboxAddress(null, address.ToString()));
        message.MessageId = MimeKit.Utils.MimeUtils.GenerateMessageId("shop.example");
        message.Subject = "Confirm your address";
        message.Body = new TextPart("plain") { Text = $"Welcome! Follow this link within a day:\r\nhttps://shop.example/confirm/{Guid.NewGuid():N}\r\n" };
        return message;
    }

    private sealed record SignUp(string? Email);
}
