using MtaSts.Delivery.Testing.Smtp;

namespace MtaSts.Delivery.Testing;

/// <summary>Something that an MX host does in place of its proper reply.</summary>
public sealed record SmtpFault
{
    private SmtpFault(FaultAction action) => Action = action;

    /// <summary>Closes the connection with a FIN.</summary>
    public static SmtpFault Drop { get; } = new(new FaultAction.Drop());

    /// <summary>Closes the connection with a reset.</summary>
    public static SmtpFault Reset { get; } = new(new FaultAction.Reset());

    /// <summary>Says nothing until the client gives up, or for a simulated hour.</summary>
    public static SmtpFault Stall { get; } = new(new FaultAction.Stall());

    /// <summary>A reply of more and more lines that never ends, until the client hangs up or has been sent 64 MiB.</summary>
    public static SmtpFault Flood { get; } = new(new FaultAction.Flood());

    /// <summary>Octets that are no SMTP reply. The session goes on, if the client does.</summary>
    public static SmtpFault Garbage { get; } = new(new FaultAction.Garbage());

    /// <summary>The connection is refused. Only for <see cref="SmtpPhase.Connect"/>.</summary>
    public static SmtpFault RefuseConnection { get; } = new(new FaultAction.RefuseConnection());

    /// <summary>The attempt to connect is never answered. Only for <see cref="SmtpPhase.Connect"/>. Windows refuses instead.</summary>
    public static SmtpFault BlackHole { get; } = new(new FaultAction.BlackHole());

    internal FaultAction Action { get; }

    internal int Skipped { get; private init; }

    internal int? Limit { get; private init; }

    internal bool EndsSession { get; private init; }

    /// <summary>Another reply. With a code of 2xx or 3xx the server carries on as if it had said its own words.</summary>
    /// <param name="lines">The lines with their codes (<c>451 4.7.1 later</c>); they are sent as they are, with CRLF after each.</param>
    public static SmtpFault Reply(params string[] lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        return new(new FaultAction.Reply(string.Concat(lines.Select(line => line + "\r\n"))));
    }

    /// <summary>Octets in place of a reply, exactly as they are, perhaps without an end of line.</summary>
    public static SmtpFault Raw(string text) => new(new FaultAction.Reply(text));

    /// <summary>A reply of so many octets, one after each interval, that has no last line; then a FIN.</summary>
    public static SmtpFault Drip(int octets, TimeSpan interval) => new(new FaultAction.Drip(null, octets, interval));

    /// <summary>A reply, one octet after each interval.</summary>
    public static SmtpFault Drip(string line, TimeSpan interval)
    {
        ArgumentNullException.ThrowIfNull(line);
        return new(new FaultAction.Drip(line + "\r\n", line.Length + 2, interval));
    }

    /// <summary>The proper reply, after a simulated time.</summary>
    public static SmtpFault Delay(TimeSpan time) => new(new FaultAction.Delay(time));

    /// <summary>Only the first <paramref name="count"/> times.</summary>
    public SmtpFault Times(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return this with { Limit = count };
    }

    /// <summary>Not the first <paramref name="count"/> times, but afterwards.</summary>
    public SmtpFault After(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return this with { Skipped = count };
    }

    /// <summary>Closes the connection behind the reply, as a server should that answers 421.</summary>
    public SmtpFault ThenDrop() => this with { EndsSession = true };
}
