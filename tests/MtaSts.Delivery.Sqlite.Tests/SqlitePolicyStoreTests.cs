using System.Runtime.Versioning;
using System.Text;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

[assembly: Parallelizable(ParallelScope.All)]

namespace MtaSts.Delivery.Sqlite.Tests;

public sealed class SqlitePolicyStoreTests
{
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

    private static IEnumerable<StoreCheck<IPolicyStore>> Checks => [.. PolicyStoreContract.Checks, .. PolicyStoreContract.DurableChecks];

    [TestCaseSource(nameof(Checks))]
    public async Task The_contract_is_kept(StoreCheck<IPolicyStore> check)
    {
        using var file = new TemporaryFile();
        await check.RunAsync(() => new SqlitePolicyStore(file.Path));
    }

    /// <summary>STS-108. A file that is cut off or overwritten is set aside, and what can be read is kept.</summary>
    [TestCase("middle", 1900)]
    [TestCase("truncated", 900)]
    [TestCase("header", 0)]
    public async Task A_damaged_file_is_set_aside_and_its_readable_entries_are_kept(string damage, int least)
    {
        using var file = new TemporaryFile();
        StoredPolicy[] policies = [.. Enumerable.Range(0, 4000).Select(Policy)];
        using (var store = new SqlitePolicyStore(file.Path))
        {
            await store.SaveAsync(policies, default);
        }

        byte[] octets = await File.ReadAllBytesAsync(file.Path);
        switch (damage)
        {
            case "middle":
                Array.Fill(octets, (byte)0xA5, octets.Length / 2, 20_000);
                break;
            case "truncated":
                octets = octets[..(octets.Length / 2)];
                break;
            default:
                Array.Clear(octets, 0, 100);
                octets[3] = 7;
                break;
        }

        await File.WriteAllBytesAsync(file.Path, octets);
        using var again = new SqlitePolicyStore(file.Path, clock: new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Start));
        var read = new HashSet<StoredPolicy>();
        await foreach (StoredPolicy policy in again.ReadAllAsync(default))
        {
            Assert.That(read.Add(policy), "no entry twice");
        }

        TestContext.Out.WriteLine($"{damage}: {read.Count} of {policies.Length} kept");
        Assert.That(read, Has.Count.GreaterThanOrEqualTo(least));
        Assert.That(read.IsSubsetOf(policies), "nothing that was never saved");
        Assert.That(file.Neighbours, Does.Contain("mta-sts.db.damaged-20260301T120000"));
        Assert.That(file.Neighbours, Has.None.Contains("salvaged"));
        await again.SaveAsync([Policy(5000)], default);
        Assert.That(await again.FindAsync(Policy(5000).Domain, default), Is.EqualTo(Policy(5000)));
    }

    /// <summary>STS-108. Whichever page is hit, what the others hold is there at once and after the next start.</summary>
    [Test]
    public async Task One_damaged_page_costs_what_stood_on_it()
    {
        for (int page = 1; page < 9; page++)
        {
            using var file = new TemporaryFile();
            StoredPolicy[] policies = [.. Enumerable.Range(0, 200).Select(Policy)];
            using (var store = new SqlitePolicyStore(file.Path))
            {
                await store.SaveAsync(policies, default);
            }

            byte[] octets = await File.ReadAllBytesAsync(file.Path);
            Assert.That(octets, Has.Length.GreaterThan((page + 1) * 4096));
            Array.Clear(octets, (page * 4096) + 100, 3000);
            await File.WriteAllBytesAsync(file.Path, octets);
            for (int start = 0; start < 2; start++)
            {
                using var store = new SqlitePolicyStore(file.Path);
                await using var deliverer = new MailDeliverer(policyStore: store);
                await deliverer.Policies.Cache.WaitUntilLoadedAsync();
                TestContext.Out.WriteLine($"page {page}, start {start}: {deliverer.Policies.Cache.Count} of 200");
                Assert.That(deliverer.Policies.Cache.IsStoreDown, Is.False, $"page {page}, start {start}");
                Assert.That(deliverer.Policies.Cache.Count, Is.GreaterThan(page is 1 ? -1 : 100), $"page {page}, start {start}");
            }
        }
    }

    /// <summary>Decoded, such a key sorts before what comes next, and a reading that went by it would never end.</summary>
    [TestCase("7a2ef365")]
    [TestCase("ff")]
    [TestCase("00")]
    public async Task A_key_that_is_no_text_does_not_hold_the_reading_up(string key)
    {
        using var file = new TemporaryFile();
        using (var store = new SqlitePolicyStore(file.Path))
        {
            await store.SaveAsync([.. Enumerable.Range(0, 5000).Select(Policy)], default);
        }

        Assert.That(DatabaseFile.Execute(file.Path, $"UPDATE policies SET domain = CAST(x'{key}' AS TEXT) WHERE domain = (SELECT max(domain) FROM policies)"), Is.EqualTo(1));

        using var again = new SqlitePolicyStore(file.Path);
        Assert.That(await again.ReadAllAsync(default).CountAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30)), Is.EqualTo(4999));
    }

    /// <summary>What is written into a file that is no longer at its path is lost, and nobody would know.</summary>
    [TestCase("removed")]
    [TestCase("replaced")]
    [TestCase("set aside by another program")]
    [Platform(Exclude = "Win")]
    public async Task A_file_that_was_moved_under_way_is_noticed_and_what_is_known_is_written_again(string how)
    {
        using var file = new TemporaryFile();
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Start.AddDays(1));
        using var store = new SqlitePolicyStore(file.Path);
        await store.SaveAsync([.. Enumerable.Range(0, 300).Select(Policy)], default);
        await using var deliverer = new MailDeliverer(clock: clock, policyStore: store);
        await deliverer.Policies.Cache.WaitUntilLoadedAsync();
        switch (how)
        {
            case "removed":
                foreach (string one in Directory.GetFiles(Path.GetDirectoryName(file.Path)!))
                {
                    File.Delete(one);
                }

                break;
            case "replaced":
                using (var other = new SqlitePolicyStore(file.Path + ".new"))
                {
                    await other.SaveAsync([Policy(1)], default);
                }

                File.Move(file.Path + ".new", file.Path, overwrite: true);
                File.Delete(file.Path + "-wal");
                File.Delete(file.Path + "-shm");
                break;
            default:
                File.Move(file.Path, file.Path + ".damaged");
                break;
        }

        await deliverer.Policies.Cache.PinAsync(Policy(7).Domain);
        Assert.That(deliverer.Policies.Cache.IsStoreDown);
        // At each look: a retry is put off while the write that failed is about to end.
        await Patience.UntilAsync(async () =>
        {
            using var later = new SqlitePolicyStore(file.Path);
            return await later.ReadAllAsync(default).CountAsync() == 300 && (await later.FindAsync(Policy(7).Domain, default))!.IsPinned;
        }, () => clock.Advance(TimeSpan.FromSeconds(31)));
    }

    /// <summary>STS-110. A clock that is wrong at the start (a dead battery) is no reason to forget.</summary>
    [Test]
    public async Task A_start_with_the_clock_ahead_forgets_nothing()
    {
        using var file = new TemporaryFile();
        using (var store = new SqlitePolicyStore(file.Path))
        {
            await store.SaveAsync([.. Enumerable.Range(0, 20).Select(Policy)], default);
        }

        var ahead = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Start.AddYears(20));
        using (var store = new SqlitePolicyStore(file.Path))
        {
            await using var deliverer = new MailDeliverer(clock: ahead, policyStore: store);
            using var end = new CancellationTokenSource();
            Task refresh = deliverer.Policies.RunRefreshAsync(end.Token);
            await deliverer.Policies.Cache.WaitUntilLoadedAsync();
            for (int i = 0; i < 20; i++)
            {
                ahead.Advance(TimeSpan.FromHours(1));
                await Task.Delay(10);
            }

            Assert.That(deliverer.Policies.Cache.Count, Is.EqualTo(20));
            await end.CancelAsync();
            await refresh;
        }

        using var again = new SqlitePolicyStore(file.Path);
        Assert.That(await again.ReadAllAsync(default).CountAsync(), Is.EqualTo(20));
    }

    /// <summary>A slip in the options must not move somebody's file away.</summary>
    [Test]
    public async Task A_file_that_never_was_a_database_is_left_alone()
    {
        using var file = new TemporaryFile();
        await File.WriteAllTextAsync(file.Path, "relay = mail.example.net\n");
        using var store = new SqlitePolicyStore(file.Path);
        PolicyStoreException? failure = await Assert.ThrowsAsync<PolicyStoreException>(() => store.SaveAsync([Policy(1)], default));
        Assert.That(failure!.Message, Does.Contain("is no SQLite database; name another file"));
        Assert.That(await File.ReadAllTextAsync(file.Path), Is.EqualTo("relay = mail.example.net\n"));
        Assert.That(file.Neighbours, Has.None.Contains("damaged"));
    }

    [Test]
    [UnsupportedOSPlatform("windows")]
    [Platform(Exclude = "Win")]
    public async Task Nobody_but_its_owner_can_read_or_write_the_file()
    {
        using var file = new TemporaryFile();
        using var store = new SqlitePolicyStore(file.Path);
        await store.SaveAsync([Policy(1)], default);
        foreach (string one in Directory.GetFiles(Path.GetDirectoryName(file.Path)!))
        {
            Assert.That(File.GetUnixFileMode(one), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite), one);
        }
    }

    [Test]
    public async Task A_swap_that_was_cut_short_is_finished()
    {
        using var file = new TemporaryFile();
        using (var store = new SqlitePolicyStore(file.Path))
        {
            await store.SaveAsync([Policy(1)], default);
        }

        File.Move(file.Path, file.Path + ".salvaged");
        using var again = new SqlitePolicyStore(file.Path);
        Assert.That(await again.FindAsync(Policy(1).Domain, default), Is.EqualTo(Policy(1)));
    }

    [Test]
    public async Task A_file_that_is_locked_is_named_and_works_again_afterwards()
    {
        using var file = new TemporaryFile();
        using var store = new SqlitePolicyStore(file.Path);
        await store.SaveAsync([Policy(1)], default);
        using (var other = new SqliteConnection($"Data Source={file.Path};Pooling=False"))
        {
            other.Open();
            using SqliteCommand command = other.CreateCommand();
            command.CommandText = "BEGIN IMMEDIATE";
            command.ExecuteNonQuery();
            PolicyStoreException refused = (await Assert.ThrowsAsync<PolicyStoreException>(() => store.SaveAsync([Policy(2)], default)))!;
            Assert.That(refused.Message, Does.Contain(file.Path).And.Contain("locked by another program"));
            Assert.That(await store.FindAsync(Policy(1).Domain, default), Is.EqualTo(Policy(1)), "reading goes on");
        }

        await store.SaveAsync([Policy(2)], default);
    }

    [Test]
    public async Task A_disk_that_is_full_is_named_and_nothing_is_lost()
    {
        using var file = new TemporaryFile();
        using var store = new SqlitePolicyStore(file.Path, null, null, maxPageCount: 20);
        await store.SaveAsync([Policy(1)], default);
        PolicyStoreException refused = (await Assert.ThrowsAsync<PolicyStoreException>(() => store.SaveAsync([.. Enumerable.Range(0, 5000).Select(Policy)], default)))!;
        Assert.That(refused.Message, Does.Contain("is full"));
        Assert.That(await store.FindAsync(Policy(1).Domain, default), Is.EqualTo(Policy(1)));
        Assert.That(await store.FindAsync(Policy(2).Domain, default), Is.Null, "a batch is written as a whole");
    }

    [Test]
    public async Task What_may_not_be_written_is_read_all_the_same()
    {
        using var file = new TemporaryFile();
        using (var store = new SqlitePolicyStore(file.Path))
        {
            await store.SaveAsync([Policy(1)], default);
        }

        // A file of a later format, which this SQLite may read but not write (https://www.sqlite.org/fileformat.html, 1.3.3): root cannot get round that.
        byte[] octets = await File.ReadAllBytesAsync(file.Path);
        octets[18] = 3;
        await File.WriteAllBytesAsync(file.Path, octets);
        using var again = new SqlitePolicyStore(file.Path);
        Assert.That(await again.FindAsync(Policy(1).Domain, default), Is.EqualTo(Policy(1)));
        PolicyStoreException refused = (await Assert.ThrowsAsync<PolicyStoreException>(() => again.SaveAsync([Policy(2)], default)))!;
        Assert.That(refused.Message, Does.Contain("cannot be written to"));
    }

    [TestCase("missing/mta-sts.db", "its directory does not exist")]
    [TestCase("", "is a directory")]
    public async Task A_path_that_cannot_be_used_says_why(string path, string reason)
    {
        using var file = new TemporaryFile();
        using var store = new SqlitePolicyStore(Path.Combine(Path.GetDirectoryName(file.Path)!, path));
        PolicyStoreException refused = (await Assert.ThrowsAsync<PolicyStoreException>(() => store.SaveAsync([Policy(1)], default)))!;
        Assert.That(refused.Message, Does.Contain(reason));
    }

    [Test]
    public async Task A_file_of_a_newer_version_is_left_alone()
    {
        using var file = new TemporaryFile();
        using (var store = new SqlitePolicyStore(file.Path))
        {
            await store.SaveAsync([Policy(1)], default);
        }

        DatabaseFile.Execute(file.Path, "UPDATE schema SET version = 7");

        byte[] before = await File.ReadAllBytesAsync(file.Path);
        using (var store = new SqlitePolicyStore(file.Path))
        {
            PolicyStoreException refused = (await Assert.ThrowsAsync<PolicyStoreException>(() => store.SaveAsync([Policy(1)], default)))!;
            Assert.That(refused.Message, Does.Contain("newer version").And.Contain("schema 7").And.Contain("update MtaSts.Delivery.Sqlite"));
        }

        Assert.That(await File.ReadAllBytesAsync(file.Path), Is.EqualTo(before));
    }

    [Test]
    public async Task A_database_of_another_program_is_left_alone()
    {
        using var file = new TemporaryFile();
        DatabaseFile.Execute(file.Path, "CREATE TABLE bookmarks (url TEXT)");

        using var store = new SqlitePolicyStore(file.Path);
        PolicyStoreException refused = (await Assert.ThrowsAsync<PolicyStoreException>(() => store.SaveAsync([Policy(1)], default)))!;
        Assert.That(refused.Message, Does.Contain("of another program"));
    }

    [Test]
    public async Task Rows_that_are_none_of_ours_are_left_out()
    {
        using var file = new TemporaryFile();
        using var store = new SqlitePolicyStore(file.Path);
        await store.SaveAsync([Policy(1)], default);
        DatabaseFile.Execute(file.Path, "INSERT INTO policies VALUES ('not a name', 'a', x'00', 0, 0, 0), ('far.example', 'a', x'00', 9223372036854775807, 0, 0), ('UPPER.example', 'a', x'00', 0, 0, 0)");

        var read = new List<StoredPolicy>();
        await foreach (StoredPolicy policy in store.ReadAllAsync(default))
        {
            read.Add(policy);
        }

        Assert.That(read, Has.Member(Policy(1)).And.Count.EqualTo(2));
    }

    [Test]
    public async Task Two_lines_of_set_up_keep_policies_in_a_file()
    {
        using var file = new TemporaryFile();
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Mx(10, "mx1.example.test").Policy(PolicyMode.Enforce, "mx1.example.test");
        for (int start = 0; start < 2; start++)
        {
            HostApplicationBuilder builder = Host.CreateApplicationBuilder();
            builder.Services.AddSingleton<TimeProvider>(internet.Clock);
            builder.Services.AddMtaStsDelivery(internet.Configure).AddSqlitePolicyStore(file.Path);
            using IHost host = builder.Build();
            await host.StartAsync();
            PolicyDiscovery found = await host.Services.GetRequiredService<MailDeliverer>().Policies.DiscoverAsync(DomainName.Parse("example.test"));
            Assert.That(found.Source, Is.EqualTo(start == 0 ? PolicySource.Fetched : PolicySource.Cache));
            await host.StopAsync();
        }
    }

    [Test]
    public async Task A_host_learns_the_domains_of_a_file_at_its_start()
    {
        using var file = new TemporaryFile();
        await File.WriteAllTextAsync(file.Path, "# partners\n\nexample.test\n  b\u00fccher.test \nno name at all\n");
        await using FakeInternet internet = await FakeInternet.StartAsync();
        internet.Domain("example.test").Policy(PolicyMode.Enforce, "mx1.example.test");
        internet.Domain("xn--bcher-kva.test").Policy(PolicyMode.Testing, "mx1.example.test");
        var learnt = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var both = new TaskCompletionSource();
        HostApplicationBuilder builder = Host.CreateApplicationBuilder();
        builder.Services.AddSingleton<TimeProvider>(internet.Clock);
        builder.Services.AddMtaStsDelivery(options =>
        {
            internet.Configure(options);
            options.Policies.PreloadFile = file.Path;
            options.Policies.OnEvent = happened =>
            {
                learnt.Enqueue(happened.PolicyDomain.Value);
                _ = learnt.Count == 2 && both.TrySetResult();
            };
        });
        using IHost host = builder.Build();
        await host.StartAsync();
        await both.Task;
        Assert.That(learnt.Order(), Is.EqualTo((string[])["example.test", "xn--bcher-kva.test"]));
        await host.StopAsync();
    }

    [Test]
    public void Without_a_path_there_is_no_store()
    {
        Assert.Throws<ArgumentException>(() => new SqlitePolicyStore(" ").Dispose());
        Assert.Throws<ArgumentException>(() => new ServiceCollection().AddMtaStsDelivery().AddSqlitePolicyStore(""));
    }

    private static StoredPolicy Policy(int number) => new(
        DomainName.Parse($"d{number}.example"), $"id{number}",
        Encoding.ASCII.GetBytes($"version: STSv1\nmode: enforce\nmx: mx{number}.example\nmax_age: {86400 + number}\n"), Start.AddSeconds(number), Start, false);
}
