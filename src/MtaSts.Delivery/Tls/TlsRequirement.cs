using System.Text;
using System.Text.Json.Serialization;
using MtaSts.Delivery.Dane;

namespace MtaSts.Delivery.Tls;

/// <summary>What must hold before mail is handed to one MX host; later cases are stronger. RFC 8461 §4, §5.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Opportunistic), "opportunistic")]
[JsonDerivedType(typeof(Observed), "observed")]
[JsonDerivedType(typeof(Encrypted), "encrypted")]
[JsonDerivedType(typeof(Enforced), "enforced")]
[JsonDerivedType(typeof(HostNotPermitted), "hostNotPermitted")]
public abstract record TlsRequirement
{
    private TlsRequirement()
    {
    }

    /// <summary>What the host's TLSA records demand besides; <see langword="null"/> when DANE is off or does not apply. Both demands must be met: neither makes up for the other. RFC 8461 §2.</summary>
    public DaneRequirement? Dane { get; init; }

    /// <summary>Whether mail goes over TLS or not at all.</summary>
    internal bool IsTlsMandatory => Dane is not null || this is Encrypted or Enforced or HostNotPermitted;

    /// <summary>Nothing where there is nothing to say.</summary>
    protected virtual bool PrintMembers(StringBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        if (Dane is null)
        {
            return false;
        }

        builder.Append("Dane = ").Append(Dane);
        return true;
    }

    /// <summary>TLS if it can be had, with whatever certificate: no policy, or mode none.</summary>
    public sealed record Opportunistic : TlsRequirement;

    /// <summary>As opportunistic, but every failure is told: mode testing.</summary>
    /// <param name="HostPermitted">Whether the policy names the MX host.</param>
    public sealed record Observed(bool HostPermitted) : TlsRequirement;

    /// <summary>TLS with whatever certificate: this sender's own demand. RFC 3207 §6.</summary>
    /// <param name="Testing">What mode testing wants to know besides, or <see langword="null"/>.</param>
    public sealed record Encrypted(Observed? Testing = null) : TlsRequirement;

    /// <summary>TLS with a certificate that is valid for the MX host: mode enforce, or this sender's own demand.</summary>
    /// <param name="Testing">What mode testing wants to know besides, or <see langword="null"/>.</param>
    public sealed record Enforced(Observed? Testing = null) : TlsRequirement;

    /// <summary>No mail whatever TLS says: mode enforce, and no <c>mx</c> pattern names the MX host. RFC 8461 §4.1.</summary>
    public sealed record HostNotPermitted : TlsRequirement;
}
