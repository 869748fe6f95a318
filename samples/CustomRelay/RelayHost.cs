using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery;
using MtaSts.Delivery.Queue;

namespace CustomRelay;

/// <summary>Puts the relay together: the server in front, the queue behind it.</summary>
internal static class RelayHost
{
    /// <summary>Creates the host.</summary>
    /// <param name="options">What the server does.</param>
    /// <param name="folder">Where queue and policies are kept.</param>
    /// <param name="delivery">Changes how mail is delivered; nothing need be changed.</param>
    /// <param name="clock">The clock; the system's unless given.</param>
    /// <param name="wrap">Puts something between server and queue, for tests.</param>
    /// <param name="level">How much is logged.</param>
    public static IHost Create(
        RelayOptions options, string folder, Action<MailDelivererOptions>? delivery = null, TimeProvider? clock = null, Func<IMailQueue, IMailQueue>? wrap = null, LogLevel level = LogLevel.Information)
    {
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).SetMinimumLevel(level);
        builder.Services.TryAddSingleton(clock ?? TimeProvider.System);
        builder.Services.AddMtaStsDelivery(deliverer =>
            {
                deliverer.EhloName = options.HostName;
                delivery?.Invoke(deliverer);
            })
            .AddSqliteQueue(Path.Combine(folder, "queue.db"), queue => queue.MaxMessageSize = options.MaxMessageSize + 4096);
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(services => new RelayServer(
            options, wrap is null ? services.GetRequiredService<IMailQueue>() : wrap(services.GetRequiredService<IMailQueue>()), services.GetRequiredService<TimeProvider>(), services.GetRequiredService<ILogger<RelayServer>>()));
        // After the queue, and so ended before it: what is still taken in is still delivered or kept.
        builder.Services.AddHostedService(services => services.GetRequiredService<RelayServer>());
        return builder.Build();
    }
}
