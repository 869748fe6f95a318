using MtaSts.Delivery.Testing;

namespace SenderAudit;

/// <summary>Judges a sender by what the servers saw of it, round by round.</summary>
internal sealed class Audit(FakeInternet internet)
{
    private readonly HashSet<SmtpTranscript> _earlier = [];
    private int _queries;

    /// <summary>How many verdicts were not "pass".</summary>
    public int Failures { get; private set; }

    /// <summary>The verdicts on what came since the round before, a line each.</summary>
    public IEnumerable<string> Judge(int round)
    {
        // A log holds a hundred thousand entries, which an audit does not fill.
        SmtpTranscript[] sessions = [.. internet.Sessions.Where(_earlier.Add)];
        DnsQuery[] queries = [.. internet.Dns.Queries.Skip(_queries)];
        _queries += queries.Length;
        foreach (AuditCase one in AuditCase.All)
        {
            SmtpTranscript[] own = [.. sessions.Where(session => session.Host.EndsWith($".{one.Domain}", StringComparison.Ordinal))];
            ReceivedMessage[] received = [.. internet.Messages.Where(message => message.Recipients.Any(recipient => IsSame(recipient, one.Recipient(round))))];
            bool wasTried = own.Length > 0 || received.Length > 0 || queries.Any(query => query.Name.EndsWith(one.Domain, StringComparison.Ordinal));
            string? fault = wasTried ? Fault(one, own, received) : "not tried: no question to DNS and no connection";
            Failures += fault is null ? 0 : 1;
            yield return $"{(fault is null ? "pass" : "FAIL")}  round {round}  {one.Domain,-22}{one.Summary}: {fault ?? Done(one, own)}";
        }
    }

    private static string? Fault(AuditCase one, SmtpTranscript[] sessions, ReceivedMessage[] received) => one.Wanted switch
    {
        Wanted.Nothing when received.Length > 0 => $"the message was handed over {(received[0].IsTls ? "under TLS" : "in clear")}",
        Wanted.Nothing when sessions.Any(session => session.WasOfferedMail) => "MAIL was said",
        Wanted.Nothing => null,
        _ when received.Length != 1 => $"{received.Length} messages came instead of one",
        Wanted.OverTls when !received[0].IsTls => "the message came in clear",
        Wanted.OverTls when sessions.Append(received[0].Session).Any(session => session.WasOfferedMailInClear) => "MAIL was said in clear",
        _ => null,
    };

    // The domain has no case, the local part may.
    private static bool IsSame(string mailbox, string other)
    {
        int domain = mailbox.LastIndexOf('@') + 1;
        return mailbox.Equals(other, StringComparison.OrdinalIgnoreCase) && mailbox[..domain] == other[..domain];
    }

    private static string Done(AuditCase one, SmtpTranscript[] sessions) => one.Wanted switch
    {
        Wanted.OverTls => "delivered under TLS",
        Wanted.InClear => "delivered in clear",
        _ => $"kept, after {sessions.Length} session(s) without MAIL",
    };
}
