using MtaSts.Delivery.Policies;
using NUnit.Framework;

namespace MtaSts.Delivery.Testing.Tests;

/// <summary>Counts the open files of the whole process, so it runs alone.</summary>
internal sealed class DisposalTests
{
    private const string OpenFiles = "/proc/self/fd";

    [Test]
    [Platform("Linux")]
    [NonParallelizable]
    [CancelAfter(180_000)]
    public async Task Disposal_leaves_no_socket_open(CancellationToken limit)
    {
        await UseAndDisposeAsync(limit);
        int before = Directory.GetFileSystemEntries(OpenFiles).Length;

        for (int i = 0; i < 30; i++)
        {
            await UseAndDisposeAsync(limit);
        }

        Assert.That(Directory.GetFileSystemEntries(OpenFiles), Has.Length.LessThan(before + 10));
    }

    private static async Task UseAndDisposeAsync(CancellationToken limit)
    {
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "*.example.test");
        FakeMxHost host = internet.MxHost("mx1.example.test");
        await using SmtpTestClient client = await SmtpTestClient.ConnectAsync(internet, host.Addresses[0], limit);
        await client.SecureHelloAsync(host.Name);
    }
}
