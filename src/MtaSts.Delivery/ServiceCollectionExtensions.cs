using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery;

/// <summary>Registers the deliverer with a container.</summary>
public static class ServiceCollectionExtensions
{
    /// <summary>Adds one <see cref="MailDeliverer"/> for the whole program; its options are checked when the host starts.</summary>
    /// <param name="services">The container.</param>
    /// <param name="configure">Sets options; none need be set.</param>
    /// <returns>A builder for further parts.</returns>
    /// <remarks>An <see cref="IDnsResolver"/>, a <see cref="TimeProvider"/>, an <see cref="IPolicyStore"/> and an <see cref="ITlsResultSink"/> that are registered are used. In a host the policies
    /// are kept fresh in the background; without one see <see cref="PolicyResolver.RunRefreshAsync"/>.</remarks>
    public static MtaStsDeliveryBuilder AddMtaStsDelivery(this IServiceCollection services, Action<MailDelivererOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        OptionsBuilder<MailDelivererOptions> options = services.AddOptions<MailDelivererOptions>();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        options.ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<MailDelivererOptions>, Validation>());
        services.TryAddSingleton(provider => new MailDeliverer(
            provider.GetRequiredService<IOptions<MailDelivererOptions>>().Value,
            provider.GetService<TimeProvider>(),
            provider.GetService<IDnsResolver>(),
            provider.GetService<ILoggerFactory>(),
            policyStore: provider.GetService<IPolicyStore>(),
            results: provider.GetService<ITlsResultSink>()));
        services.AddHostedService<PolicyRefreshService>();
        return new MtaStsDeliveryBuilder(services);
    }

    private sealed class Validation : IValidateOptions<MailDelivererOptions>
    {
        public ValidateOptionsResult Validate(string? name, MailDelivererOptions options) =>
            options.Validate().ToArray() is { Length: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}
