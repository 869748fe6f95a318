using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CustomRelay;
using Microsoft.Extensions.Hosting;
using MtaSts.Delivery.Names;

// A relay of one's own: SMTP in front, the queue behind it, MTA-STS towards the recipients.
switch (args)
{
    case []:
        return await SelfTest.RunAsync();

    case ["--serve", var endPoint, var hostName, var certificate, var key, .. { Length: > 0 } networks] when IPEndPoint.TryParse(endPoint, out IPEndPoint? listen) && listen.Port > 0:
        if (!DomainName.TryParse(hostName, out DomainName? full) || !full.IsHostName || full.Parent is null)
        {
            Console.Error.WriteLine($"'{hostName}' is no full host name; write one such as relay.example.com.");
            return 2;
        }

        RelayOptions options;
        try
        {
            options = new RelayOptions { EndPoint = listen, HostName = hostName, Certificate = X509Certificate2.CreateFromPemFile(certificate, key) };
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or CryptographicException)
        {
            Console.Error.WriteLine($"The certificate cannot be read: {unreadable.Message}");
            return 2;
        }

        foreach (string text in networks)
        {
            if (!IPNetwork.TryParse(text.Contains('/', StringComparison.Ordinal) ? text : text + (text.Contains(':', StringComparison.Ordinal) ? "/128" : "/32"), out IPNetwork network) || network.PrefixLength == 0)
            {
                Console.Error.WriteLine($"'{text}' is no network to relay for; write one such as 192.0.2.0/24 or 192.0.2.7, and never all addresses.");
                return 2;
            }

            options.RelayFor.Add(network);
        }

        Directory.CreateDirectory("relay");
        using (options.Certificate)
        using (IHost host = RelayHost.Create(options, "relay"))
        {
            try
            {
                await host.StartAsync();
                Console.WriteLine($"""
                    {hostName} listens at {listen} and relays for {string.Join(", ", options.RelayFor)}, for nobody else.
                    Mail waits in {Path.GetFullPath("relay")}: mta-sts queue list --store relay/queue.db
                    Ctrl-C ends it; what waits is delivered the next time.
                    """);
                await host.WaitForShutdownAsync();
                return 0;
            }
            catch (SocketException taken)
            {
                Console.Error.WriteLine($"{listen} cannot be listened at: {taken.Message}");
                return 2;
            }
        }

    default:
        Console.Error.WriteLine("""
            usage: CustomRelay                                                     tests itself against a fake internet, and ends
                   CustomRelay --serve ADDRESS:PORT HOST-NAME CERT.pem KEY.pem NETWORK...    relays for these networks, for real
            """);
        return 2;
}
