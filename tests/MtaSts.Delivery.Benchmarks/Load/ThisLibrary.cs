using MtaSts.Delivery.Benchmarks.Sinks;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Benchmarks.Load;

/// <summary>This library: one deliverer for all workers, each message given as stored bytes.</summary>
internal sealed class ThisLibrary(LoadWorld world, SinkProcess sink, MessageTemplate template, int workers, bool known) : ICompetitor
{
    private readonly EnvelopeAddress _sender = EnvelopeAddress.Parse("noreply@client.load.example");
    private readonly byte[][] _messages = [.. Enumerable.Range(0, workers).Select(_ => template.Copy())];
    private MailDeliverer _deliverer = null!;

    public async Task StartAsync() => _deliverer = await world.CreateDelivererAsync(sink, known);

    public async Task SendAsync(int worker, long id, int domain)
    {
        byte[] message = _messages[worker];
        template.Patch(message, id);
        DeliveryResult result = await _deliverer.DeliverAsync(MessageContent.From(message.AsMemory()), new Envelope(_sender, [world.Recipients[domain]]));
        if (result.Outcomes is not [RecipientOutcome.Delivered { IsVerified: var verified }] || (world.Enforce && !verified))
        {
            throw new InvalidOperationException(result.ToJson());
        }
    }

    public ValueTask DisposeAsync() => _deliverer.DisposeAsync();
}
