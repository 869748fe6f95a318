using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using MtaSts.Delivery.Benchmarks.Sinks;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>Domains and MX hosts of a run; domain <c>d</c> has the one MX host <c>d mod M</c>. All of it answers at once and is made beforehand.</summary>
internal sealed class LoadWorld
{
    private readonly KnownAnswers _answers = new();

    /// <param name="domains">How many domains there are.</param>
    /// <param name="mx">How many MX hosts they share.</param>
    /// <param name="enforce">Whether each has a policy in mode enforce.</param>
    public LoadWorld(int domains, int mx, bool enforce)
    {
        Domains = domains;
        Mx = mx;
        Enforce = enforce;
        Recipients = [.. Enumerable.Range(0, domains).Select(d => EnvelopeAddress.Parse(Address(d)))];
        for (int d = 0; d < domains; d++)
        {
            _answers.Add(Recipients[d].Domain!, enforce, MxName(d % mx));
        }

        for (int m = 0; m < mx; m++)
        {
            _answers.Add(MxName(m), new IPAddress([10, (byte)(m >> 16), (byte)(m >> 8), (byte)m]));
        }
    }

    public int Domains { get; }

    public int Mx { get; }

    public bool Enforce { get; }

    /// <summary>The recipient in each domain.</summary>
    public EnvelopeAddress[] Recipients { get; }

    public static string MxName(int number) => string.Create(CultureInfo.InvariantCulture, $"mx{number}.load.example");

    public static string PolicyHostName(int domain) => string.Create(CultureInfo.InvariantCulture, $"mta-sts.d{domain}.example");

    /// <summary>The number of the domain that a policy host's name is for.</summary>
    public static int NumberOf(string policyHost) => int.Parse(policyHost.AsSpan("mta-sts.d".Length, policyHost.Length - "mta-sts.d.example".Length), CultureInfo.InvariantCulture);

    public static string PolicyText(int domain, int mx) => $"version: STSv1\r\nmode: enforce\r\nmx: {MxName(domain % mx)}\r\nmax_age: 604800\r\n";

    public static string Address(int domain) => string.Create(CultureInfo.InvariantCulture, $"jane@d{domain}.example");

    /// <summary>This library, pointed at the sink.</summary>
    /// <param name="sink">The sink.</param>
    /// <param name="known">Whether the policies are known and looked up beforehand, as in a program that has run for a while.</param>
    public async Task<MailDeliverer> CreateDelivererAsync(SinkProcess sink, bool known)
    {
        var options = new MailDelivererOptions
        {
            EhloName = "client.load.example",
            Certificates = { TrustAnchors = [sink.Root] },
            Network = { AllowPrivateAddresses = true, UseIPv6 = false, EndPointMap = _ => sink.Smtp },
        };
        options.Policies.OpenTransport = async (_, _, token) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(sink.Policies, token);
            return new NetworkStream(socket, ownsSocket: true);
        };
        var store = new MemoryPolicyStore();
        if (known && Enforce)
        {
            DateTimeOffset fetched = DateTimeOffset.UtcNow.AddHours(-1);
            await store.SaveAsync([.. Recipients.Select((recipient, d) => new StoredPolicy(recipient.Domain!, "1", Encoding.ASCII.GetBytes(PolicyText(d, Mx)), fetched, fetched, false))], default);
        }

        var deliverer = new MailDeliverer(options, resolver: _answers, policyStore: store);
        if (known)
        {
            foreach (EnvelopeAddress recipient in Recipients)
            {
                PolicyDiscovery found = await deliverer.Policies.DiscoverAsync(recipient.Domain!);
                if (found.Mode != (Enforce ? PolicyMode.Enforce : PolicyMode.None))
                {
                    throw new InvalidOperationException($"The policy of {recipient.Domain} is {found.Mode}.");
                }
            }
        }

        return deliverer;
    }
}
