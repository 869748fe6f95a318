using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Queue.Notices;

namespace MtaSts.Delivery;

/// <summary>Says how the queue's notices look.</summary>
public static class NoticeBuilderExtensions
{
    /// <summary>Sets how senders are told what became of their mail. Notices come from <see cref="MailDelivererOptions.EhloName"/> unless set otherwise. The options are checked when the host starts.</summary>
    /// <param name="builder">What <c>AddMtaStsDelivery</c> returned.</param>
    /// <param name="configure">Sets options; none need be set.</param>
    /// <remarks>A program that writes its own notices registers an <see cref="INoticeWriter"/> before or instead.</remarks>
    public static MtaStsDeliveryBuilder AddQueueNotices(this MtaStsDeliveryBuilder builder, Action<NoticeOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        OptionsBuilder<NoticeOptions> options = builder.Services.AddOptions<NoticeOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        options.PostConfigure<IOptions<MailDelivererOptions>>((notices, deliverer) =>
            notices.ReportingMta ??= DomainName.TryParse(deliverer.Value.EhloName, out DomainName? host) ? host.Value : null);
        options.ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<NoticeOptions>, Validation>());
        builder.Services.TryAddSingleton<INoticeWriter>(provider => new NoticeWriter(provider.GetRequiredService<IOptions<NoticeOptions>>().Value));
        return builder;
    }

    private sealed class Validation : IValidateOptions<NoticeOptions>
    {
        public ValidateOptionsResult Validate(string? name, NoticeOptions options) =>
            options.Validate().ToArray() is { Length: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}
