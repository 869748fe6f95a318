using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using MtaSts.Delivery;

namespace IntegrationHarness;

/// <summary>How the application is put together: the same for the program and for its tests.</summary>
public static class SignUpServices
{
    /// <summary>Registers the application; <paramref name="delivery"/> is where a test points it at its own internet.</summary>
    public static IServiceCollection AddSignUp(this IServiceCollection services, Action<MailDelivererOptions> delivery)
    {
        services.AddMtaStsDelivery(delivery);
        services.TryAddSingleton(TimeProvider.System);
        return services.AddSingleton<SignUpMailer>();
    }
}
