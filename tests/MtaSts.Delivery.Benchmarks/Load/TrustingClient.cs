using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MailKit.Net.Smtp;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>MailKit's client as anybody has it, except that it trusts the run's root as it would the system's.</summary>
/// <remarks>The chain is built once, by the TLS stream; a callback would build it a second time, which nobody pays who has a public certificate.</remarks>
internal sealed class TrustingClient : SmtpClient
{
    private readonly X509Certificate2 _root;

    public TrustingClient(X509Certificate2 root)
    {
        _root = root;
        LocalDomain = "client.load.example";
        CheckCertificateRevocation = false;
        ServerCertificateValidationCallback = (_, _, _, errors) => errors == SslPolicyErrors.None;
    }

    protected override SslClientAuthenticationOptions GetSslClientAuthenticationOptions(string host, RemoteCertificateValidationCallback remoteCertificateValidationCallback)
    {
        SslClientAuthenticationOptions options = base.GetSslClientAuthenticationOptions(host, remoteCertificateValidationCallback);
        options.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { _root },
            RevocationMode = X509RevocationMode.NoCheck,
        };
        return options;
    }
}
