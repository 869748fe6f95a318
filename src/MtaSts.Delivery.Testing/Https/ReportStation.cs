using System.Net;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Https;

/// <summary>The address of one host for TLS reports.</summary>
internal sealed class ReportStation(FakeNetwork network, IPEndPoint endPoint, FakeReportHost host) : Station(network, endPoint)
{
    public override ConnectAnswer NextConnection() => ConnectAnswer.Accept;

    protected override async Task ServeAsync(Peer peer)
    {
        await peer.StartTlsAsync(_ => host.Tls).ConfigureAwait(false);
        await new ReportSession(host, peer).RunAsync().ConfigureAwait(false);
    }
}
