using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Queue;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Sqlite;

namespace MtaSts.Delivery;

/// <summary>Adds durable stores to a registered deliverer.</summary>
public static class MtaStsDeliveryBuilderExtensions
{
    /// <summary>Keeps policies in a SQLite file, so that they outlive restarts.</summary>
    /// <param name="builder">What <c>AddMtaStsDelivery</c> returned.</param>
    /// <param name="path">The file; its directory must exist.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public static MtaStsDeliveryBuilder AddSqlitePolicyStore(this MtaStsDeliveryBuilder builder, string path)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        builder.Services.AddSingleton<IPolicyStore>(provider =>
            new SqlitePolicyStore(path, provider.GetService<ILogger<SqlitePolicyStore>>(), provider.GetService<TimeProvider>()));
        return builder;
    }

    /// <summary>Keeps TLS results in a SQLite file until they are reported, so that they outlive restarts.</summary>
    /// <param name="builder">What <c>AddMtaStsDelivery</c> returned.</param>
    /// <param name="path">The file, best another than that of the policies; its directory must exist.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public static MtaStsDeliveryBuilder AddSqliteTlsResultStore(this MtaStsDeliveryBuilder builder, string path)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        builder.Services.AddSingleton<ITlsResultStore>(provider =>
            new SqliteTlsResultStore(path, provider.GetService<ILogger<SqliteTlsResultStore>>(), provider.GetService<TimeProvider>()));
        return builder;
    }

    /// <summary>Adds an <see cref="IMailQueue"/> that keeps its mail in a SQLite file and delivers it while the host runs: mail that is accepted is delivered or bounced, never lost.</summary>
    /// <remarks>Mail that waits across a restart must not forget by which policy it waits, or whoever hides the policy meanwhile gets it in clear. So policies are kept, too,
    /// in a file beside the queue's with <c>.policies</c> behind its name, unless another <see cref="IPolicyStore"/> is registered.</remarks>
    /// <param name="builder">What <c>AddMtaStsDelivery</c> returned.</param>
    /// <param name="path">The file, best one of its own; its directory must exist.</param>
    /// <param name="configure">Sets options; none need be set.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public static MtaStsDeliveryBuilder AddSqliteQueue(this MtaStsDeliveryBuilder builder, string path, Action<QueueOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        builder.Services.TryAddSingleton<IPolicyStore>(provider =>
            new SqlitePolicyStore(SqlitePolicyStore.PathBeside(path), provider.GetService<ILogger<SqlitePolicyStore>>(), provider.GetService<TimeProvider>()));
        builder.Services.TryAddSingleton<IQueueStore>(provider => new SqliteQueueStore(path, provider.GetService<ILogger<SqliteQueueStore>>()));
        return builder.AddQueue(configure);
    }
}
