using System.Collections.Immutable;
using System.Net;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Https;

/// <summary>One address with the policy hosts behind it, told apart by server name.</summary>
internal sealed class PolicyStation(FakeNetwork network, IPEndPoint endPoint) : Station(network, endPoint)
{
    private ImmutableList<FakePolicyHost> _hosts = [];

    public void Add(FakePolicyHost host) => ImmutableInterlocked.Update(ref _hosts, all => all.Contains(host) ? all : all.Add(host));

    public void Remove(FakePolicyHost host) => ImmutableInterlocked.Update(ref _hosts, all => all.Remove(host));

    public override ConnectAnswer NextConnection() =>
        _hosts.All(host => host.IsDown) ? ConnectAnswer.Refuse : ConnectAnswer.Accept;

    protected override async Task ServeAsync(Peer peer)
    {
        FakePolicyHost? asked = null;
        await peer.StartTlsAsync(sni => (asked = Choose(sni)).Tls).ConfigureAwait(false);
        await new PolicySession(asked!, peer).RunAsync().ConfigureAwait(false);
    }

    private FakePolicyHost Choose(string? sni) =>
        _hosts.Find(host => !host.IsDown && host.Name.Equals(sni, StringComparison.OrdinalIgnoreCase))
        ?? _hosts.Find(host => !host.IsDown)
        ?? throw new IOException("The policy host went down meanwhile.");
}
