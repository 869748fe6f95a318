using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;

namespace SenderAudit;

/// <summary>What a sender must do with mail for one domain.</summary>
internal enum Wanted
{
    /// <summary>Deliver it under TLS.</summary>
    OverTls,

    /// <summary>Deliver it, in clear, as there is no other way.</summary>
    InClear,

    /// <summary>Keep it: not even MAIL FROM may be said.</summary>
    Nothing,
}

/// <summary>One domain of the audit.</summary>
internal sealed record AuditCase(string Domain, string Summary, Wanted Wanted, Action<FakeInternet, string> Arrange)
{
    public static IReadOnlyList<AuditCase> All { get; } =
    [
        new("good.audit.test", "a good MX host with STARTTLS, policy in mode enforce", Wanted.OverTls, (_, _) => { }),
        new("stripped.audit.test", "policy in mode enforce, and no STARTTLS", Wanted.Nothing, (internet, mx) => internet.MxHost(mx).NoStartTls()),
        new("ipv6.audit.test", "the MX host has an IPv6 address and no other", Wanted.OverTls, (_, _) => { }) { Address = IPAddress.Parse("2001:db8::25") },
        new("untrusted.audit.test", "policy in mode enforce, and certificates that are untrusted or for another name", Wanted.Nothing, Untrusted),
        new("required.audit.test", "no policy, and an MX host that takes nothing in clear", Wanted.OverTls, (internet, mx) =>
        {
            internet.Domain(DomainOf(mx)).NoRecord();
            internet.MxHost(mx).RequireStartTls();
        }),
        new("plain.audit.test", "no policy and no STARTTLS", Wanted.InClear, (internet, mx) =>
        {
            internet.Domain(DomainOf(mx)).NoRecord();
            internet.MxHost(mx).NoStartTls();
        }),
        new("tlsa.audit.test", "policy in mode enforce, a self-signed certificate, and a TLSA record for it without DNSSEC, which must not replace the policy", Wanted.Nothing, UnsignedTlsa),
    ];

    /// <summary>The address of the MX host, where it matters.</summary>
    public IPAddress? Address { get; private init; }

    public string MxHost => $"mx.{Domain}";

    /// <summary>The recipient of a round.</summary>
    public string Recipient(int round) => $"round{round}@{Domain}";

    /// <summary>All domains on one internet.</summary>
    public static void ArrangeAll(FakeInternet internet)
    {
        foreach (AuditCase one in All)
        {
            if (one.Address is { } address)
            {
                internet.Dns.Address(one.MxHost, address);
            }

            internet.Domain(one.Domain).Mx(10, one.MxHost).Policy(PolicyMode.Enforce, $"*.{one.Domain}");
            one.Arrange(internet, one.MxHost);
        }
    }

    private static string DomainOf(string mx) => mx[(mx.IndexOf('.', StringComparison.Ordinal) + 1)..];

    private static void Untrusted(FakeInternet internet, string mx)
    {
        internet.MxHost(mx).Certificate(certificate => certificate.UntrustedAuthority());
        string second = $"mx2.{DomainOf(mx)}";
        internet.Domain(DomainOf(mx)).Mx(20, second);
        internet.MxHost(second).Certificate(certificate => certificate.Names("mx.elsewhere.test"));
    }

    private static void UnsignedTlsa(FakeInternet internet, string mx)
    {
        internet.MxHost(mx).Certificate(certificate => certificate.SelfSigned());
        using X509Certificate2 sameKey = internet.Authority.Issue(CertificateSpec.For(mx).SelfSigned());
        internet.Dns.Add(DnsRecord.Tlsa($"_25._tcp.{mx}", 3, 1, 1, SHA256.HashData(sameKey.PublicKey.ExportSubjectPublicKeyInfo())));
    }
}
