using MimeKit;
using MtaSts.Delivery.Benchmarks.Sinks;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>This library: one deliverer for all workers.</summary>
/// <param name="world">Where the messages go.</param>
/// <param name="sink">What takes them.</param>
/// <param name="template">The message.</param>
/// <param name="workers">How many send at the same time.</param>
/// <param name="known">Whether policies are known beforehand.</param>
/// <param name="parsed">Whether the library is given what MailKit is given, instead of stored bytes.</param>
internal sealed class ThisLibrary(LoadWorld world, SinkProcess sink, MessageTemplate template, int workers, bool known, bool parsed) : ICompetitor
{
    private readonly MimeMessage[] _parsed = [.. Enumerable.Range(0, parsed ? workers : 0).Select(_ => MimeMessage.Load(new MemoryStream(template.Copy())))];
    private readonly EnvelopeAddress _sender = EnvelopeAddress.Parse("noreply@client.load.example");
    private readonly byte[][] _messages = [.. Enumerable.Range(0, workers).Select(_ => template.Copy())];
    private MailDeliverer _deliverer = null!;

    public async Task StartAsync() => _deliverer = await world.CreateDelivererAsync(sink, known);

    public async Task SendAsync(int worker, long id, int domain)
    {
        DeliveryResult result = await _deliverer.DeliverAsync(Content(worker, id), new Envelope(_sender, [world.Recipients[domain]]));
        if (result.Outcomes is not [RecipientOutcome.Delivered { IsVerified: var verified }] || (world.Enforce && !verified))
        {
            throw new InvalidOperationException(result.ToJson());
        }
    }

    public ValueTask DisposeAsync()
    {
        Array.ForEach(_parsed, message => message.Dispose());
        return _deliverer.DisposeAsync();
    }

    private MessageContent Content(int worker, long id)
    {
        if (parsed)
        {
            _parsed[worker].MessageId = MessageIds.Text(id);
            return MessageContent.From(_parsed[worker]);
        }

        template.Patch(_messages[worker], id);
        return MessageContent.From(_messages[worker].AsMemory());
    }
}
