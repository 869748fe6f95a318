using System.Text;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>Answers in each phase: properly, or as the fault says.</summary>
internal sealed class FaultPerformer(SmtpWire wire)
{
    private static readonly byte[] Nonsense = [.. "\u0000\u0001 no SMTP here "u8, 0xff, 0xfe, (byte)'\r', (byte)'\n'];
    private ClockPump.Hold? _hold;

    /// <summary>The client has moved on; time stands still again.</summary>
    public void ClientMoved()
    {
        _hold?.Dispose();
        _hold = null;
    }

    public async Task<PhaseOutcome> AnswerAsync(SmtpFault? fault, SmtpPhase phase, string properReply)
    {
        PhaseOutcome outcome = fault is null
            ? await SayAsync(properReply).ConfigureAwait(false)
            : await PerformAsync(fault.Action, phase, properReply).ConfigureAwait(false);
        if (outcome == PhaseOutcome.Ended || fault is not { EndsSession: true })
        {
            return outcome;
        }

        await wire.Peer.DropAsync().ConfigureAwait(false);
        return PhaseOutcome.Ended;
    }

    private async Task<PhaseOutcome> PerformAsync(FaultAction action, SmtpPhase phase, string properReply)
    {
        switch (action)
        {
            case FaultAction.Reply(var text):
                return await SayAsync(text).ConfigureAwait(false);
            case FaultAction.Delay(var time):
                await wire.Peer.DelayAsync(time).ConfigureAwait(false);
                return await SayAsync(properReply).ConfigureAwait(false);
            case FaultAction.Drip(null, var octets, var interval):
                await wire.DripAsync(EndlessLines(phase, octets), interval).ConfigureAwait(false);
                await wire.Peer.DropAsync().ConfigureAwait(false);
                return PhaseOutcome.Ended;
            case FaultAction.Drip(var text, _, var interval):
                await wire.DripAsync(text, interval).ConfigureAwait(false);
                return Outcome(text);
            case FaultAction.Garbage:
                await wire.SayAsync(Nonsense, "(octets that are no reply)").ConfigureAwait(false);
                Wait();
                return PhaseOutcome.Refused;
            case FaultAction.Flood:
                await wire.FloodAsync($"{Code(phase)}-flood\r\n").ConfigureAwait(false);
                return PhaseOutcome.Ended;
            case FaultAction.Stall:
                await wire.Peer.StallAsync().ConfigureAwait(false);
                return PhaseOutcome.Ended;
            case FaultAction.Drop:
                await wire.Peer.DropAsync().ConfigureAwait(false);
                return PhaseOutcome.Ended;
            default:
                wire.Peer.Reset();
                return PhaseOutcome.Ended;
        }
    }

    private async Task<PhaseOutcome> SayAsync(string text)
    {
        await wire.SayAsync(text).ConfigureAwait(false);
        if (!IsComplete(text))
        {
            Wait();
        }

        return Outcome(text);
    }

    // The client may well sit and wait for more: its time passes until it says something.
    private void Wait() => _hold ??= wire.Peer.Wait();

    private static PhaseOutcome Outcome(string text) => text is ['2' or '3', ..] ? PhaseOutcome.Accepted : PhaseOutcome.Refused;

    private static bool IsComplete(string text)
    {
        string last = text.EndsWith("\r\n", StringComparison.Ordinal) ? text[..^2].Split("\r\n")[^1] : "";
        return last.Length >= 3 && last[..3].All(char.IsAsciiDigit) && (last.Length == 3 || last[3] == ' ');
    }

    private static string EndlessLines(SmtpPhase phase, int octets)
    {
        string line = $"{Code(phase)}-drip\r\n";
        var text = new StringBuilder(octets);
        while (text.Length < octets)
        {
            text.Append(line);
        }

        return text.ToString(0, octets);
    }

    private static string Code(SmtpPhase phase) => phase switch
    {
        SmtpPhase.Connect or SmtpPhase.Greeting or SmtpPhase.StartTls => "220",
        SmtpPhase.Data => "354",
        SmtpPhase.Quit => "221",
        _ => "250",
    };
}
