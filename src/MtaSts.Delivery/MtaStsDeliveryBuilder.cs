using Microsoft.Extensions.DependencyInjection;

namespace MtaSts.Delivery;

/// <summary>Adds further parts to a registered deliverer.</summary>
public sealed class MtaStsDeliveryBuilder
{
    internal MtaStsDeliveryBuilder(IServiceCollection services) => Services = services;

    /// <summary>The services that the deliverer was added to.</summary>
    public IServiceCollection Services { get; }
}
