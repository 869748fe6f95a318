using System.Collections.Concurrent;
using System.Collections.Immutable;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Smtp;

/// <summary>How an MX host behaves at one or several of its addresses.</summary>
internal sealed class MxBehaviour
{
    private static readonly ImmutableArray<string> UsualCapabilities =
        ["PIPELINING", "SIZE 52428800", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8", "CHUNKING", "DSN"];

    private ConcurrentDictionary<SmtpPhase, FaultSchedule> _faults = new();
    private ConcurrentDictionary<string, FaultSchedule> _recipientFaults = new(StringComparer.Ordinal);

    public MxBehaviour(string name, TlsServer tls)
    {
        Name = name;
        Tls = tls;
        Reset();
    }

    public string Name { get; }

    public TlsServer Tls { get; }

    public bool OffersStartTls { get; set; }

    public bool IsHeloOnly { get; set; }

    public bool RequiresStartTls { get; set; }

    public bool IsDown { get; set; }

    public string Injected { get; set; } = "";

    public string Greeting { get; set; } = "";

    public int MaxRecipients { get; set; }

    public ImmutableArray<string> CapabilitiesBeforeTls { get; set; }

    public ImmutableArray<string> CapabilitiesAfterTls { get; set; }

    public void Heal()
    {
        Reset();
        Tls.Heal();
    }

    /// <summary>The same behaviour for another address, free to change from there. Faults count anew.</summary>
    public MxBehaviour Copy() => new(Name, Tls.Copy())
    {
        OffersStartTls = OffersStartTls,
        IsHeloOnly = IsHeloOnly,
        RequiresStartTls = RequiresStartTls,
        IsDown = IsDown,
        Injected = Injected,
        Greeting = Greeting,
        MaxRecipients = MaxRecipients,
        CapabilitiesBeforeTls = CapabilitiesBeforeTls,
        CapabilitiesAfterTls = CapabilitiesAfterTls,
        _faults = new(_faults.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Copy()))),
        _recipientFaults = new(_recipientFaults.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Copy())), StringComparer.Ordinal),
    };

    public void Spoil(SmtpPhase phase, SmtpFault fault) =>
        _faults.GetOrAdd(phase, _ => new FaultSchedule($"{phase} of {Name}")).Add(fault);

    /// <summary>Whether a fault was set for this phase, used up or not.</summary>
    public bool HasFaultAt(SmtpPhase phase) => _faults.ContainsKey(phase);

    public void SpoilRecipient(string recipient, SmtpFault fault) =>
        _recipientFaults.GetOrAdd(recipient, _ => new FaultSchedule($"recipient {recipient} of {Name}")).Add(fault);

    public SmtpFault? NextFault(SmtpPhase phase) => _faults.GetValueOrDefault(phase)?.Next();

    public SmtpFault? NextFault(string recipient) => _recipientFaults.GetValueOrDefault(recipient)?.Next();

    private void Reset()
    {
        OffersStartTls = true;
        IsHeloOnly = false;
        RequiresStartTls = false;
        IsDown = false;
        Injected = "";
        Greeting = $"220 {Name} ESMTP";
        MaxRecipients = int.MaxValue;
        CapabilitiesBeforeTls = UsualCapabilities;
        CapabilitiesAfterTls = UsualCapabilities;
        _faults = new();
        _recipientFaults = new(StringComparer.Ordinal);
    }
}
