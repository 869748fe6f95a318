using System.Collections.Immutable;
using System.Text;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Testing;

/// <summary>One delivery of a scenario, and what must come of it.</summary>
public sealed record ScenarioStep
{
    private readonly Action<FakeInternet> _arrange = _ => { };

    internal ScenarioStep(params ImmutableArray<ExpectedOutcome> outcomes) => Outcomes = outcomes;

    /// <summary>What has changed since the step before; empty in the first.</summary>
    public string Change { get; private init; } = "";

    /// <summary>The outcome of each recipient, in the order of the envelope.</summary>
    public IReadOnlyList<ExpectedOutcome> Outcomes { get; }

    /// <summary>The result types that a TLS report about this delivery names; empty when it tells of no failure. RFC 8460 §4.3.</summary>
    public IReadOnlyList<string> ResultTypes { get; private init; } = [];

    /// <summary>What must not happen on the wire.</summary>
    public IReadOnlyList<Prohibition> Never { get; private init; } = [];

    /// <summary>The envelope to deliver with.</summary>
    public Envelope Envelope => new(Scenarios.Sender, Outcomes.Select(outcome => outcome.Recipient));

    /// <summary>The message to deliver.</summary>
    public MessageContent Message => MessageContent.From(Content);

    internal byte[] Content => Encoding.UTF8.GetBytes(Text);

    private string Text { get; init; } = $"From: {Scenarios.Sender}\r\nSubject: Hello\r\n\r\nHello\r\n.\r\n..\r\n";

    /// <summary>Makes the internet what the step needs, and watches it from then on. The steps of a scenario are begun in order.</summary>
    public ScenarioWatch Begin(FakeInternet internet)
    {
        ArgumentNullException.ThrowIfNull(internet);
        _arrange(internet);
        return new ScenarioWatch(this, internet);
    }

    /// <summary>What must come of it, in words.</summary>
    public override string ToString()
    {
        bool names = Outcomes.Count > 1;
        string[] sentences =
        [
            string.Join("; ", Outcomes.Select(outcome => names ? $"`{outcome.Recipient}` {outcome}" : outcome.ToString())),
            .. ResultTypes.Count == 0 ? Array.Empty<string>() : [$"reported as {string.Join(", ", ResultTypes.Select(type => $"`{type}`"))}"],
            .. Never.Select(prohibition => prohibition.ToString()),
        ];
        return string.Join("; ", sentences);
    }

    internal ScenarioStep Arranged(string change, Action<FakeInternet> arrange) => new(this, arrange) { Change = change };

    internal ScenarioStep Reports(params string[] resultTypes) => this with { ResultTypes = resultTypes };

    internal ScenarioStep Forbids(NeverSent what, string? host = null, string? recipient = null)
    {
        var added = new Prohibition(what, host) { Recipient = recipient };
        return this with { Never = [.. Never.Where(earlier => !added.Covers(earlier)), added] };
    }

    internal ScenarioStep With(string text) => this with { Text = text };

    private ScenarioStep(ScenarioStep original, Action<FakeInternet> arrange)
        : this(original) => _arrange = arrange;
}
