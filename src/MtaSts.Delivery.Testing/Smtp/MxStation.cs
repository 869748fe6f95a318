using System.Collections.Concurrent;
using System.Net;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>An MX host at one of its addresses.</summary>
internal sealed class MxStation(FakeNetwork network, MxBehaviour behaviour, MxJournal journal, IPEndPoint endPoint) : Station(network, endPoint)
{
    // A fault of the connection is chosen when the client asks for the way, and strikes when it arrives.
    private readonly ConcurrentQueue<SmtpFault?> _expected = new();

    public string Host => behaviour.Name;

    public override ConnectAnswer NextConnection()
    {
        if (behaviour.IsDown)
        {
            return ConnectAnswer.Refuse;
        }

        SmtpFault? fault = behaviour.NextFault(SmtpPhase.Connect);
        switch (fault?.Action)
        {
            case FaultAction.RefuseConnection:
                return ConnectAnswer.Refuse;
            case FaultAction.BlackHole:
                return OperatingSystem.IsWindows() ? ConnectAnswer.Refuse : ConnectAnswer.Ignore;
            default:
                _expected.Enqueue(fault);
                return ConnectAnswer.Accept;
        }
    }

    protected override async Task ServeAsync(Peer peer)
    {
        if (behaviour.IsDown)
        {
            peer.Reset();
            return;
        }

        SmtpFault? fault = _expected.TryDequeue(out SmtpFault? chosen) ? chosen : behaviour.NextFault(SmtpPhase.Connect);
        var transcript = new SmtpTranscript(behaviour.Name, Place, peer.Network.Clock.GetUtcNow());
        journal.Sessions.Add(transcript);
        var wire = new SmtpWire(peer, transcript);
        try
        {
            await new SmtpSession(behaviour, wire, journal, transcript).RunAsync(fault).ConfigureAwait(false);
        }
        finally
        {
            wire.NoteRest();
            transcript.End();
        }
    }
}
