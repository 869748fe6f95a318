using MimeKit;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>The example with a queue in the kit's README, to the letter.</summary>
public sealed class KitReadmeTests
{
    [Test]
    public async Task A_password_reset_waits_in_a_queue_until_the_certificate_is_mended()
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "*.example.test");
        internet.MxHost("mx1.example.test").Certificate(c => c.Names("other.test"));
        await using MailDeliverer deliverer = internet.CreateDeliverer();
        using var passwordReset = new MimeMessage { Subject = "Reset", Body = new TextPart("plain") { Text = "https://www.sender.example/reset?code=4711" } };

        // README
        using var queue = new MailQueue(new MemoryQueueStore(), deliverer, clock: internet.Clock);
        using var stop = new CancellationTokenSource();
        Task running = queue.RunAsync(stop.Token);

        QueueId id = await queue.EnqueueAsync(passwordReset, new Envelope("noreply@sender.example", "jane@example.test"));
        while (await queue.FindAsync(id) is { Recipients: [{ Attempts: 0 }] })
        {
            await Task.Delay(10);                                                  // it is tried at once
        }

        internet.MxHost("mx1.example.test").Certificate(c => c.Names("mx1.example.test"));
        while (await queue.FindAsync(id) is not null)
        {
            if (await queue.CountAsync() is { Due: 0, Delivering: 0 })             // time stands still while it is being tried
            {
                internet.Clock.Advance(TimeSpan.FromMinutes(5));                   // the next try comes after half an hour
            }

            await Task.Delay(10);
        }

        internet.Verify.Messages(1);
        await stop.CancelAsync();
        await running;
        // README
    }

    [Test]
    public void The_example_stands_in_the_README_as_it_is_tested() =>
        Assert.That(Repository.Text("src", "MtaSts.Delivery.Testing", "README.md"), Does.Contain(Repository.Example("tests", "MtaSts.Delivery.Queue.Tests", "KitReadmeTests.cs")));
}
