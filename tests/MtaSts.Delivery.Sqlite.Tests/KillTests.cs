using System.Diagnostics;
using System.Globalization;
using System.Text;
using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Sqlite.Tests;

public sealed class KillTests
{
    /// <summary>STS-108. RFC 8461 §10.2: a process that is killed while it writes, and one that starts with nobody to ask.</summary>
    [TestCase(1)]
    [TestCase(100)]
    public async Task A_policy_that_was_learnt_survives_kill_9_and_a_start_without_DNS_and_HTTPS(int learnt)
    {
        using var file = new TemporaryFile();
        int[] known = await LearnAndDieAsync(file.Path, learnt);
        Assert.That(known, Has.Length.GreaterThanOrEqualTo(learnt));

        await using FakeInternet internet = await FakeInternet.StartAsync();
        FakeMxHost mx = internet.MxHost("mx.d0.test").NoStartTls();
        foreach (int i in known)
        {
            internet.Domain($"d{i}.test").Mx(10, "mx.d0.test");
            internet.Dns.ServFail($"_mta-sts.d{i}.test").ServFail($"mta-sts.d{i}.test");
        }

        using var store = new SqlitePolicyStore(file.Path);
        await using MailDeliverer deliverer = internet.CreateDeliverer(policyStore: store);
        foreach (int i in known)
        {
            string recipient = $"a@d{i}.test";
            DeliveryResult result = await deliverer.DeliverAsync(MessageContent.From(Encoding.ASCII.GetBytes("Subject: secret\r\n\r\nx\r\n")), new Envelope("s@sender.example", recipient));
            Assert.That((result.For(recipient) as RecipientOutcome.Deferred)?.Failure, Is.EqualTo(FailureCode.StartTlsNotOffered), recipient);
            Assert.That(result.Domains.Single().Policy.Source, Is.EqualTo(PolicySource.Cache));
        }

        Assert.That(mx.Messages, Is.Empty);
    }

    /// <summary>RPT-27. A process that is killed while it counts.</summary>
    [TestCase(1)]
    [TestCase(20)]
    [TestCase(100)]
    public async Task Counts_survive_kill_9_up_to_the_last_that_was_saved_and_are_not_doubled(int batches)
    {
        using var file = new TemporaryFile();
        using Process victim = VictimProcess.Start("count", file.Path);
        int said = 0;
        while (await victim.StandardOutput.ReadLineAsync() is { } line)
        {
            said = int.Parse(line, CultureInfo.InvariantCulture);
            if (said == batches * CountingVictim.Step)
            {
                victim.Kill();
            }
        }

        await victim.WaitForExitAsync();
        using var store = new SqliteTlsResultStore(file.Path);
        TlsResultCounts counts = (await store.ReadAsync(DateOnly.FromDateTime(CountingVictim.Noon.UtcDateTime), CountingVictim.Domain)).Single();
        // One more batch may have been saved before the end, and not be said to be.
        Assert.That(counts.Sessions.Failed, Is.AnyOf(said, said + CountingVictim.Step));
        Assert.That(counts.Failures.Single().Sessions, Is.EqualTo(counts.Sessions.Failed));

        await using (var collector = new TlsResultCollector(store))
        {
            collector.Record(CountingVictim.Result);
        }

        Assert.That((await store.ReadAsync(counts.Day, CountingVictim.Domain)).Single().Sessions.Failed, Is.EqualTo(counts.Sessions.Failed + 1));
    }

    /// <summary>Starts this program again as the victim, waits until it knows so many policies, and kills it.</summary>
    private static async Task<int[]> LearnAndDieAsync(string path, int count)
    {
        using Process victim = VictimProcess.Start("learn", path);
        var known = new List<int>();
        while (await victim.StandardOutput.ReadLineAsync() is { } line)
        {
            string[] words = line.Split(' ');
            Assert.That(words[1], Is.EqualTo(nameof(PolicySource.Fetched)));
            known.Add(int.Parse(words[0], CultureInfo.InvariantCulture));
            if (known.Count == count)
            {
                victim.Kill();
            }
        }

        await victim.WaitForExitAsync();
        return [.. known];
    }
}
