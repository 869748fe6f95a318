using System.Text.Json.Serialization;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery;

/// <summary>What this sender has decided about a domain by itself, beyond its policy or against it. It is logged, and shown in every result that it touched.</summary>
/// <param name="PolicyDomain">The recipient's domain, or the smart host's.</param>
/// <param name="Reason">Why, for whoever wonders about it later; not empty.</param>
/// <param name="Until">The last moment at which it counts; <see langword="null"/> for always.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(RequireTls), "requireTls")]
[JsonDerivedType(typeof(RequirePolicy), "requirePolicy")]
[JsonDerivedType(typeof(IgnorePolicy), "ignorePolicy")]
[JsonDerivedType(typeof(RequireDane), "requireDane")]
[JsonDerivedType(typeof(IgnoreDane), "ignoreDane")]
public abstract record DeliveryOverride(DomainName PolicyDomain, string Reason, DateTimeOffset? Until)
{
    /// <summary>Mail is not handed over without TLS, whatever the policy says. It can only add to what the policy asks. RFC 3207 §6.</summary>
    /// <param name="PolicyDomain">The recipient's domain, or the smart host's.</param>
    /// <param name="Demand">What is demanded of the connection.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="Until">The last moment at which it counts; <see langword="null"/> for always.</param>
    public sealed record RequireTls(DomainName PolicyDomain, TlsDemand Demand, string Reason, DateTimeOffset? Until = null) : DeliveryOverride(PolicyDomain, Reason, Until);

    /// <summary>Mail is deferred unless a policy in mode enforce is in force: not even the first message goes without one.</summary>
    /// <param name="PolicyDomain">The recipient's domain, or the smart host's.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="Until">The last moment at which it counts; <see langword="null"/> for always.</param>
    public sealed record RequirePolicy(DomainName PolicyDomain, string Reason, DateTimeOffset? Until = null) : DeliveryOverride(PolicyDomain, Reason, Until);

    /// <summary>Mail goes as if the domain had no policy, though its policy is looked up and shown. For a partner whose policy is broken and whose mail cannot wait.</summary>
    /// <param name="PolicyDomain">The recipient's domain, or the smart host's.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="Until">The last moment at which it counts; <see langword="null"/> for always.</param>
    public sealed record IgnorePolicy(DomainName PolicyDomain, string Reason, DateTimeOffset? Until = null) : DeliveryOverride(PolicyDomain, Reason, Until);

    /// <summary>Mail is only handed to MX hosts that DANE authenticates, found by MX records that DNSSEC vouches for; otherwise it is deferred. Needs <see cref="MailDelivererOptions.Dane"/> on. RFC 7672 §2.2.</summary>
    /// <param name="PolicyDomain">The recipient's domain, or the smart host's.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="Until">The last moment at which it counts; <see langword="null"/> for always.</param>
    public sealed record RequireDane(DomainName PolicyDomain, string Reason, DateTimeOffset? Until = null) : DeliveryOverride(PolicyDomain, Reason, Until);

    /// <summary>Mail goes as if the domain's MX hosts had no TLSA records, which are not looked up. For a partner whose records are broken and whose mail cannot wait; its policy still counts.</summary>
    /// <param name="PolicyDomain">The recipient's domain, or the smart host's.</param>
    /// <param name="Reason">Why.</param>
    /// <param name="Until">The last moment at which it counts; <see langword="null"/> for always.</param>
    public sealed record IgnoreDane(DomainName PolicyDomain, string Reason, DateTimeOffset? Until = null) : DeliveryOverride(PolicyDomain, Reason, Until);

    /// <summary>The override in words: what it asks, why, and until when.</summary>
    public string Describe()
    {
        string what = this switch
        {
            RequireTls { Demand: TlsDemand.Verified } => "require TLS with a valid certificate",
            RequireTls => "require TLS",
            RequirePolicy => "require a policy in mode enforce",
            IgnorePolicy => "ignore the policy",
            RequireDane => "require DANE",
            IgnoreDane => "ignore TLSA records",
            _ => throw new System.Diagnostics.UnreachableException(),
        };
        return FormattableString.Invariant($"{what} ({Reason}{(Until is { } until ? $"; until {until.UtcDateTime:yyyy-MM-dd HH:mm} UTC" : "")})");
    }

    internal static IEnumerable<string> Validate(IEnumerable<DeliveryOverride?> overrides, bool isDaneOn)
    {
        DeliveryOverride?[] all = [.. overrides];
        if (all.Contains(null))
        {
            yield return "Overrides contains null.";
        }

        foreach (IGrouping<DomainName, DeliveryOverride> domain in all.OfType<DeliveryOverride>().GroupBy(one => one.PolicyDomain))
        {
            if (domain.Any(one => string.IsNullOrWhiteSpace(one.Reason)))
            {
                yield return $"Overrides: one for {domain.Key} has no Reason; say why it exists.";
            }

            if (domain.OfType<RequirePolicy>().Any() && domain.OfType<IgnorePolicy>().Any())
            {
                yield return $"Overrides: {domain.Key} cannot both require and ignore its policy.";
            }

            if (domain.OfType<RequireDane>().Any() && domain.OfType<IgnoreDane>().Any())
            {
                yield return $"Overrides: {domain.Key} cannot both require DANE and ignore TLSA records.";
            }

            if (domain.OfType<RequireDane>().Any() && !isDaneOn)
            {
                yield return $"Overrides: DANE is required for {domain.Key}, but Dane.Mode is Off; turn it on.";
            }
        }
    }
}
