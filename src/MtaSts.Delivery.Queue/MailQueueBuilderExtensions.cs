using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Queue.Stores;

namespace MtaSts.Delivery;

/// <summary>Adds a queue to a registered deliverer.</summary>
public static class MailQueueBuilderExtensions
{
    /// <summary>Adds one <see cref="IMailQueue"/> for the whole program, and delivers its mail while the host runs. Its options are checked when the host starts.</summary>
    /// <param name="builder">What <c>AddMtaStsDelivery</c> returned.</param>
    /// <param name="configure">Sets options; none need be set.</param>
    /// <remarks>An <see cref="IQueueStore"/> must be registered: <c>AddSqliteQueue("queue.db")</c> of MtaSts.Delivery.Sqlite does both. An <see cref="INoticeWriter"/> and an
    /// <see cref="IQueueListener"/> that are registered are used.</remarks>
    public static MtaStsDeliveryBuilder AddQueue(this MtaStsDeliveryBuilder builder, Action<QueueOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        OptionsBuilder<QueueOptions> options = builder.Services.AddOptions<QueueOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        options.ValidateOnStart();
        builder.AddQueueNotices();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<QueueOptions>, Validation>());
        builder.Services.TryAddSingleton(provider => new MailQueue(
            provider.GetRequiredService<IQueueStore>(),
            provider.GetRequiredService<MailDeliverer>(),
            provider.GetRequiredService<IOptions<QueueOptions>>().Value,
            provider.GetService<INoticeWriter>(),
            provider.GetService<IQueueListener>(),
            provider.GetService<TimeProvider>(),
            provider.GetService<ILoggerFactory>()));
        builder.Services.TryAddSingleton<IMailQueue>(provider => provider.GetRequiredService<MailQueue>());
        builder.Services.AddHostedService<MailQueueService>();
        return builder;
    }

    private sealed class Validation : IValidateOptions<QueueOptions>
    {
        public ValidateOptionsResult Validate(string? name, QueueOptions options) =>
            options.Validate().ToArray() is { Length: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}
