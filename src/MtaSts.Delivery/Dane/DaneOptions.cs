namespace MtaSts.Delivery.Dane;

/// <summary>DANE for SMTP: TLSA records that DNSSEC vouches for say how an MX host is authenticated. RFC 7672.</summary>
public sealed class DaneOptions
{
    /// <summary>Whether MX hosts are held to their TLSA records. Off unless set: it needs a resolver that validates DNSSEC and that can be believed, see <see cref="Dns.DnsOptions.TrustedResolvers"/>.</summary>
    public DaneMode Mode { get; set; }

    internal bool IsOn => Mode != DaneMode.Off;

    internal IEnumerable<string> Validate()
    {
        if (!Enum.IsDefined(Mode))
        {
            yield return FormattableString.Invariant($"Dane.Mode is {(int)Mode}; use Off or Opportunistic.");
        }
    }
}
