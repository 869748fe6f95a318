using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MtaSts.Delivery.Reporting;

namespace MtaSts.Delivery;

/// <summary>Adds TLS reports to a registered deliverer. RFC 8460.</summary>
public static class TlsReportServiceExtensions
{
    /// <summary>Counts the TLS results of all sessions and reports them every day to the domains that ask for it.</summary>
    /// <param name="builder">What <c>AddMtaStsDelivery</c> returned.</param>
    /// <param name="configure">Says who reports and with which key; what is missing is an error when the host starts.</param>
    /// <remarks>An <see cref="ITlsResultStore"/> that is registered is used; otherwise the counts are kept in memory and end with the process.</remarks>
    public static MtaStsDeliveryBuilder AddTlsReports(this MtaStsDeliveryBuilder builder, Action<TlsReportOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(configure);
        builder.Services.AddOptions<TlsReportOptions>().Configure(configure).ValidateOnStart();
        builder.Services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<TlsReportOptions>, Validation>());
        builder.Services.TryAddSingleton<ITlsResultStore, MemoryTlsResultStore>();
        builder.Services.TryAddSingleton<ITlsResultSink>(provider => new TlsResultCollector(
            provider.GetRequiredService<ITlsResultStore>(),
            provider.GetRequiredService<IOptions<TlsReportOptions>>().Value.Collector,
            provider.GetService<TimeProvider>(),
            provider.GetService<ILoggerFactory>()));
        builder.Services.TryAddSingleton(provider => new TlsReporter(
            provider.GetRequiredService<MailDeliverer>(),
            provider.GetRequiredService<ITlsResultStore>(),
            provider.GetRequiredService<IOptions<TlsReportOptions>>().Value,
            provider.GetService<ILoggerFactory>()));
        builder.Services.AddHostedService<TlsReportService>();
        return builder;
    }

    private sealed class Validation : IValidateOptions<TlsReportOptions>
    {
        public ValidateOptionsResult Validate(string? name, TlsReportOptions options) =>
            options.Validate().ToArray() is { Length: > 0 } faults ? ValidateOptionsResult.Fail(faults) : ValidateOptionsResult.Success;
    }
}
