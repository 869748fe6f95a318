using System.Runtime.CompilerServices;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Testing;

/// <content>The MX host's certificate.</content>
public static partial class Scenarios
{
    /// <summary>The certificate ended yesterday.</summary>
    public static Scenario CertificateExpired { get; } = Certificate(
        "RFC 8461 §4.2", "The certificate ended yesterday.",
        host => host.Certificate(c => c.Expired()),
        Refused("4.7.5", Expired));

    /// <summary>The certificate begins tomorrow.</summary>
    public static Scenario CertificateNotYetValid { get; } = Certificate(
        "RFC 8461 §4.2", "The certificate begins tomorrow.",
        host => host.Certificate(c => c.NotYetValid()),
        Refused("4.7.5", NotTrusted));

    /// <summary>The certificate is signed with its own key.</summary>
    public static Scenario CertificateSelfSigned { get; } = Certificate(
        "RFC 8461 §4.2", "The certificate is signed with its own key.",
        host => host.Certificate(c => c.SelfSigned()),
        Refused("4.7.5", NotTrusted));

    /// <summary>The certificate comes from an authority that nobody trusts.</summary>
    public static Scenario CertificateOfUnknownAuthority { get; } = Certificate(
        "RFC 8461 §4.2", "The certificate comes from an authority that nobody trusts.",
        host => host.Certificate(c => c.UntrustedAuthority()),
        Refused("4.7.5", NotTrusted));

    /// <summary>The MX host does not send its intermediate certificate.</summary>
    public static Scenario CertificateIntermediateMissing { get; } = Certificate(
        "RFC 8461 §4.2", "The MX host does not send its intermediate certificate.",
        host => host.Certificate(c => c.WithoutIntermediate()),
        Refused("4.7.5", NotTrusted));

    /// <summary>The intermediate certificate has expired.</summary>
    public static Scenario CertificateIntermediateExpired { get; } = Certificate(
        "RFC 8461 §4.2", "The intermediate certificate has expired.",
        host => host.Certificate(c => c.ExpiredIntermediate()),
        Refused("4.7.5", Expired));

    /// <summary>The certificate comes from an intermediate authority, whose certificate is sent along.</summary>
    public static Scenario CertificateIntermediateSent { get; } = Certificate(
        "RFC 8461 §4.2", "The certificate comes from an intermediate authority, whose certificate is sent along.",
        host => host.Certificate(c => c.WithIntermediate()),
        Delivered());

    /// <summary>The certificate is meant for client authentication and nothing else.</summary>
    public static Scenario CertificateForClients { get; } = Certificate(
        "RFC 5280 §4.2.1.12", "The certificate is meant for client authentication and nothing else.",
        host => host.Certificate(c => c.ClientAuthOnly()),
        Refused("4.7.5", NotTrusted));

    /// <summary>The certificate has no extended key usage, which allows every use.</summary>
    public static Scenario CertificateWithoutUsage { get; } = Certificate(
        "RFC 5280 §4.2.1.12", "The certificate has no extended key usage, which allows every use.",
        host => host.Certificate(c => c.NoExtendedKeyUsage()),
        Delivered());

    /// <summary>The certificate has an RSA key.</summary>
    public static Scenario CertificateOfRsa { get; } = Certificate(
        "RFC 8461 §4.2", "The certificate has an RSA key.",
        host => host.Certificate(c => c.Rsa()),
        Delivered());

    /// <summary>The certificate names another host.</summary>
    public static Scenario CertificateForAnotherHost { get; } = Certificate(
        "RFC 8461 §4.2", "The certificate names another host.",
        host => host.Certificate(c => c.Names("mx2.example.test")),
        Refused("4.7.5", HostMismatch));

    /// <summary>The certificate names the recipient's domain and not the MX host.</summary>
    public static Scenario CertificateForTheDomain { get; } = Certificate(
        "RFC 8461 §4.2", "The certificate names the recipient's domain and not the MX host.",
        host => host.Certificate(c => c.Names(Domain)),
        Refused("4.7.5", HostMismatch));

    /// <summary>The certificate names the policy host and not the MX host.</summary>
    public static Scenario CertificateForThePolicyHost { get; } = Certificate(
        "RFC 8461 §4.2", "The certificate names the policy host and not the MX host.",
        host => host.Certificate(c => c.Names("mta-sts.example.test")),
        Refused("4.7.5", HostMismatch));

    /// <summary>The certificate names the domain above by a wildcard.</summary>
    public static Scenario CertificateForTheParent { get; } = Certificate(
        "RFC 8461 §4.2", "The certificate names the domain above by a wildcard.",
        host => host.Certificate(c => c.Names("*.test")),
        Refused("4.7.5", HostMismatch));

    /// <summary>The certificate names the MX host in its common name, and has no subject alternative name.</summary>
    public static Scenario CertificateCommonNameOnly { get; } = Certificate(
        "RFC 9525 §2", "The certificate names the MX host in its common name, and has no subject alternative name.",
        host => host.Certificate(c => c.CommonNameOnly()),
        Refused("4.7.5", HostMismatch));

    /// <summary>The certificate names the MX host in its common name, and others as subject alternative names.</summary>
    public static Scenario CertificateCommonNameBesideOthers { get; } = Certificate(
        "RFC 9525 §2", "The certificate names the MX host in its common name, and others as subject alternative names.",
        host => host.Certificate(c => c.CommonName(MxHost).Names("mx2.example.test")),
        Refused("4.7.5", HostMismatch));

    /// <summary>The subject alternative name holds the MX host's address and no name.</summary>
    public static Scenario CertificateForAnAddress { get; } = Certificate(
        "RFC 8461 §4.2", "The subject alternative name holds the MX host's address and no name.",
        host => host.Certificate(c => c.IpAddress(host.Addresses[0])),
        Refused("4.7.5", HostMismatch));

    /// <summary>The subject alternative name is broken.</summary>
    public static Scenario CertificateSanMalformed { get; } = Certificate(
        "RFC 5280 §4.2.1.6", "The subject alternative name is broken.",
        host => host.Certificate(c => c.MalformedSan()),
        Refused("4.7.5", HostMismatch).Reports(HostMismatch, NotTrusted));

    /// <summary>The certificate names the MX host by a wildcard.</summary>
    public static Scenario CertificateWildcard { get; } = Certificate(
        "RFC 9525 §6.3", "The certificate names the MX host by a wildcard.",
        host => host.Certificate(c => c.Names("*.example.test")),
        Delivered());

    /// <summary>The wildcard in the certificate would have to stand for two labels.</summary>
    public static Scenario CertificateWildcardTooDeep { get; } = Certificate(
        "RFC 9525 §6.3", "The wildcard in the certificate would have to stand for two labels.",
        host =>
        {
            host.Owner.Dns.Mx(Domain, (10, "mx.eu.example.test"));
            host.Owner.Domain(Domain).Policy(PolicyMode.Enforce, "mx.eu.example.test");
            host.Owner.MxHost("mx.eu.example.test").Certificate(c => c.Names("*.example.test"));
        },
        Refused("4.7.5", HostMismatch));

    /// <summary>The wildcard in the certificate is only a part of its label.</summary>
    public static Scenario CertificateWildcardPartial { get; } = Certificate(
        "RFC 9525 §6.3", "The wildcard in the certificate is only a part of its label.",
        host => host.Certificate(c => c.Names("mx*.example.test")),
        Refused("4.7.5", HostMismatch));

    /// <summary>The wildcard in the certificate is not the first label.</summary>
    public static Scenario CertificateWildcardInside { get; } = Certificate(
        "RFC 9525 §6.3", "The wildcard in the certificate is not the first label.",
        host => host.Certificate(c => c.Names("mx1.*.test")),
        Refused("4.7.5", HostMismatch));

    /// <summary>The certificate names everything by a lone wildcard.</summary>
    public static Scenario CertificateWildcardAlone { get; } = Certificate(
        "RFC 9525 §6.3", "The certificate names everything by a lone wildcard.",
        host => host.Certificate(c => c.Names("*")),
        Refused("4.7.5", HostMismatch));

    /// <summary>The certificate has two wildcards in one name.</summary>
    public static Scenario CertificateWildcardDouble { get; } = Certificate(
        "RFC 9525 §6.3", "The certificate has two wildcards in one name.",
        host => host.Certificate(c => c.Names("*.*.test")),
        Refused("4.7.5", HostMismatch));

    /// <summary>The certificate names the MX host in upper case.</summary>
    public static Scenario CertificateInUpperCase { get; } = Certificate(
        "RFC 9525 §6.3", "The certificate names the MX host in upper case.",
        host => host.Certificate(c => c.Names("MX1.EXAMPLE.TEST")),
        Delivered());

    /// <summary>The certificate names a hundred hosts, the MX host last.</summary>
    public static Scenario CertificateWithManyNames { get; } = Certificate(
        "RFC 9525 §6.3", "The certificate names a hundred hosts, the MX host last.",
        host => host.Certificate(c => c.Names([.. Enumerable.Range(0, 99).Select(i => $"host{i}.test"), MxHost])),
        Delivered());

    /// <summary>The certificate says where more can be downloaded, at an address that answers nobody.</summary>
    public static Scenario CertificateWithUrls { get; } = Certificate(
        "RFC 5280 §8", "The certificate says where more can be downloaded, at an address that answers nobody.",
        host => host.Certificate(c => c.AuthorityInformationAccess("http://192.0.2.250/ca.cer").CrlDistributionPoint("http://192.0.2.250/ca.crl")),
        Delivered());

    /// <summary>The MX host has a good certificate at one address and another host's at the other.</summary>
    public static Scenario CertificateDiffersByAddress { get; } = Certificate(
        "RFC 8461 §4", "The MX host has a good certificate at one address and another host's at the other.",
        host => host.AddAddress(behaviour: _ => { }).Certificate(c => c.Names("other.test")),
        Delivered().Reports(HostMismatch));

    /// <summary>The MX host has another host's certificate at each of its addresses.</summary>
    public static Scenario CertificateBadAtAllAddresses { get; } = Certificate(
        "RFC 8461 §4", "The MX host has another host's certificate at each of its addresses.",
        host => host.IPv6().Certificate(c => c.Names("other.test")),
        Refused("4.7.5", HostMismatch));

    /// <summary>The certificate has expired, names another host and is self-signed.</summary>
    public static Scenario CertificateWrongInTwoWays { get; } = Certificate(
        "RFC 8460 §4.3", "The certificate has expired, names another host and is self-signed.",
        host => host.Certificate(c => c.Names("other.test").Expired().SelfSigned()),
        Refused("4.7.5", HostMismatch).Reports(HostMismatch, Expired, NotTrusted));

    /// <summary>The certificate is self-signed, and the domain has no policy.</summary>
    public static Scenario CertificateSelfSignedWithoutPolicy { get; } = Certificate(
        "RFC 7435 §4", "The certificate is self-signed, and the domain has no policy.",
        host => host.Certificate(c => c.SelfSigned()).Owner.Domain(Domain).NoRecord(),
        DeliveredUnverified());

    /// <summary>The certificate has expired; the policy is in mode testing.</summary>
    public static Scenario CertificateExpiredInTesting { get; } = Certificate(
        "RFC 8461 §5", "The certificate has expired; the policy is in mode testing.",
        host => host.Certificate(c => c.Expired()).Owner.Domain(Domain).Policy(PolicyMode.Testing, MxHost),
        DeliveredUnverified().Reports(Expired));

    private static Scenario Certificate(string source, string summary, Action<FakeMxHost> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        Enforced(ScenarioCategory.Certificate, source, summary, internet => change(internet.MxHost(MxHost)), expected, name);
}
