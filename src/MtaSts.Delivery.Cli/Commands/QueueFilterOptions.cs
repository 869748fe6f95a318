using System.CommandLine;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Queue;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary>The options by which mail in a queue is chosen.</summary>
internal sealed class QueueFilterOptions
{
    private readonly Option<string?> _destination = new("--destination") { Description = "Recipients in this domain, or at this address literal.", HelpName = "DOMAIN" };
    private readonly Option<string?> _recipient = new("--recipient") { Description = "This recipient.", HelpName = "ADDRESS" };
    private readonly Option<string?> _sender = new("--sender") { Description = "Messages from this sender; \"\" for notices.", HelpName = "ADDRESS" };
    private readonly Option<string?> _tag = new("--tag") { Description = "Messages with this mark of the program that enqueued them.", HelpName = "TEXT" };
    private readonly Option<string?> _state = new("--state") { Description = "waiting, delivering or held.", HelpName = "STATE" };

    public QueueFilterOptions() => _state.AcceptOnlyFromAmong("waiting", "delivering", "held");

    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_destination, _recipient, _sender, _tag, _state])
        {
            command.Options.Add(option);
        }
    }

    /// <summary>What was chosen; <see cref="QueueFilter.All"/> when nothing was.</summary>
    /// <exception cref="UsageException">A value cannot be.</exception>
    public QueueFilter Read(ParseResult parsed) => QueueFilter.All with
    {
        Destination = parsed.GetValue(_destination) is { } destination ? Destination(destination) : null,
        Recipient = parsed.GetValue(_recipient) is { } recipient ? Names.Address(recipient).ToString() : null,
        Sender = parsed.GetValue(_sender) is { } sender ? sender is "" or "<>" ? "" : Names.Address(sender).ToString() : null,
        Tag = parsed.GetValue(_tag),
        State = parsed.GetValue(_state) switch { "waiting" => RecipientState.Waiting, "delivering" => RecipientState.Delivering, "held" => RecipientState.Held, _ => null },
    };

    private static string Destination(string text) => text.StartsWith('[') && EnvelopeAddress.TryParse("x@" + text, out EnvelopeAddress? literal) ? literal.DomainText : Names.Domain(text).Value;
}
