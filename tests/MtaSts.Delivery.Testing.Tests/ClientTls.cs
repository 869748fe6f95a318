using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace MtaSts.Delivery.Testing.Tests;

/// <summary>How a careful client shakes hands in the fake internet.</summary>
internal static class ClientTls
{
    private static readonly Oid ServerAuthentication = new("1.3.6.1.5.5.7.3.1");

    public static SslClientAuthenticationOptions Options(FakeInternet internet, string host, RemoteCertificateValidationCallback? observe = null)
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
            VerificationTimeIgnored = false,
            VerificationTime = internet.Clock.GetUtcNow().UtcDateTime,
        };
        policy.CustomTrustStore.Add(internet.Authority.Root);
        policy.ApplicationPolicy.Add(ServerAuthentication);
        return new SslClientAuthenticationOptions
        {
            TargetHost = host,
            CertificateChainPolicy = policy,
            RemoteCertificateValidationCallback = observe,
        };
    }
}
