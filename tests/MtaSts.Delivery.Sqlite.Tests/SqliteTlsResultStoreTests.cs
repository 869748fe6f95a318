using Microsoft.Data.Sqlite;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Sqlite.Tests;

public sealed class SqliteTlsResultStoreTests
{
    private static readonly DomainName Domain = DomainName.Parse("example.test");
    private static readonly DateOnly Day = new(2026, 1, 12);
    private static readonly DateTimeOffset Noon = new(2026, 1, 12, 12, 0, 0, TimeSpan.Zero);

    private static IEnumerable<StoreCheck<ITlsResultStore>> Checks => [.. TlsResultStoreContract.Checks, .. TlsResultStoreContract.DurableChecks];

    /// <summary>RPT-27.</summary>
    [TestCaseSource(nameof(Checks))]
    public async Task The_contract_is_kept(StoreCheck<ITlsResultStore> check)
    {
        using var file = new TemporaryFile();
        await check.RunAsync(() => new SqliteTlsResultStore(file.Path));
    }

    [Test]
    public async Task It_shares_its_file_with_a_policy_store_and_with_another_program()
    {
        using var file = new TemporaryFile();
        using var policies = new SqlitePolicyStore(file.Path);
        Assert.That(await policies.FindAsync(Domain, CancellationToken.None), Is.Null);
        using var one = new SqliteTlsResultStore(file.Path);
        using var other = new SqliteTlsResultStore(file.Path);
        await one.AddAsync(Batch(Guid.NewGuid()));
        await other.AddAsync(Batch(Guid.NewGuid()));
        Assert.That((await one.ReadAsync(new DateOnly(2026, 1, 12), Domain)).Single().Sessions.Successful, Is.EqualTo(2));
    }

    [Test]
    public async Task A_damaged_file_is_set_aside_and_counting_goes_on()
    {
        using var file = new TemporaryFile();
        await File.WriteAllBytesAsync(file.Path, [.. Enumerable.Repeat((byte)0xA5, 5 * 4096)]);
        using var store = new SqliteTlsResultStore(file.Path);
        Assert.That(await store.AddAsync(Batch(Guid.NewGuid())), Is.True);
        Assert.That((await store.ReadAsync(new DateOnly(2026, 1, 12), Domain)).Single().Sessions.Successful, Is.EqualTo(1));
        Assert.That(file.Neighbours, Has.Some.Contains(".damaged-"));
    }

    [Test]
    public async Task Of_a_damaged_file_what_can_be_read_is_kept()
    {
        using var file = new TemporaryFile();
        DomainName[] domains = [.. Enumerable.Range(0, 2000).Select(i => DomainName.Parse($"d{i}.test"))];
        using (var store = new SqliteTlsResultStore(file.Path))
        {
            await store.AddAsync(new TlsResultBatch(Guid.NewGuid(), 1, Noon, [.. domains.Select(domain =>
                new TlsResultCounts(new DateOnly(2026, 1, 12), new TlsPolicyKey(TlsPolicyType.Sts, domain, "x"), new TlsSessionCounts(1, 0), []))]));
        }

        byte[] content = await File.ReadAllBytesAsync(file.Path);
        int pages = content.Length / 4096;
        for (int page = pages - (pages / 10); page < pages; page++)
        {
            content.AsSpan(page * 4096, 4096).Fill(0xA5);
        }

        await File.WriteAllBytesAsync(file.Path, content);
        using var after = new SqliteTlsResultStore(file.Path);
        await after.AddAsync(new TlsResultBatch(Guid.NewGuid(), 1, Noon, [.. domains.Select(domain =>
            new TlsResultCounts(new DateOnly(2026, 1, 13), new TlsPolicyKey(TlsPolicyType.Sts, domain, "x"), new TlsSessionCounts(1, 0), []))]));
        IReadOnlyList<TlsReportJob> waiting = await after.FindWaitingAsync(new DateOnly(2026, 1, 14));
        Assert.That(file.Neighbours, Has.Some.Contains(".damaged-"));
        Assert.That(waiting.Count(job => job.Day.Day == 13), Is.EqualTo(2000));
        Assert.That(waiting.Count(job => job.Day.Day == 12), Is.GreaterThan(500));
    }

    /// <summary>A file of the first schema: what waits still waits, what was sent stays sent, and what came after that is reported now.</summary>
    [Test]
    public async Task A_file_of_the_first_schema_is_brought_to_this_one()
    {
        using var file = new TemporaryFile();
        using (var old = new SqliteConnection($"Data Source={file.Path};Pooling=False"))
        {
            old.Open();
            old.Execute(
                """
                CREATE TABLE schema (component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
                INSERT INTO schema VALUES ('tls-results', 1);
                """ + SqliteTlsResultStore.Tables.Migrations[0] + FormattableString.Invariant(
                $"""
                INSERT INTO tls_results VALUES (1, {Day.DayNumber}, 'waiting.test', 1, 'x', 5, 2), (2, {Day.DayNumber}, 'sent.test', 1, 'x', 3, 0);
                INSERT INTO tls_failures VALUES (1, 'certificate-expired', 'certificate-expired', '', '', '', '', 2);
                INSERT INTO tls_reports VALUES ({Day.DayNumber}, 'waiting.test', 4, 0, '1@a.example', {Noon.UtcTicks}, {Noon.UtcTicks}, 1, 'x'),
                    ({Day.DayNumber}, 'sent.test', 3, 1, '2@a.example', {Noon.UtcTicks}, {Noon.UtcTicks}, 1, 'x');
                """));
        }

        using var store = new SqliteTlsResultStore(file.Path);
        TlsReportJob[] waiting = [.. (await store.FindWaitingAsync(Day.AddDays(1))).OrderBy(job => job.Part)];
        Assert.That(waiting.Select(job => (job.Domain.Value, job.Part, job.Version, job.ReportId)), Is.EqualTo([("waiting.test", 0, 4, "1@a.example"), ("sent.test", 1, 0, (string?)null)]));
        TlsResultCounts counts = (await store.ReadAsync(Day, waiting[0].Domain)).Single();
        Assert.That((counts.Sessions, counts.Failures.Single().Sessions), Is.EqualTo((new TlsSessionCounts(5, 2), 2L)));
        Assert.That((await store.ReadAsync(Day, waiting[1].Domain, 1)).Single().Sessions.Successful, Is.EqualTo(3));
    }

    /// <summary>RPT-27, STS-108. What one kind of store finds damaged must not cost the other what it keeps in the same file.</summary>
    [Test]
    public async Task Counts_outlive_the_damage_that_a_policy_store_finds_in_their_file()
    {
        using var file = new TemporaryFile();
        var text = StsPolicy.Parse("version: STSv1\nmode: enforce\nmx: mx1.example.test\nmax_age: 86400\n");
        using (var counts = new SqliteTlsResultStore(file.Path))
        using (var policies = new SqlitePolicyStore(file.Path))
        {
            await counts.AddAsync(Batch(Guid.NewGuid()));
            await policies.SaveAsync([.. Enumerable.Range(0, 2000).Select(i => new StoredPolicy(DomainName.Parse($"d{i}.test"), "1", System.Text.Encoding.UTF8.GetBytes(text.Text), Noon, Noon, false))], default);
        }

        byte[] octets = await File.ReadAllBytesAsync(file.Path);
        Array.Clear(octets, octets.Length - (5 * 4096), 2 * 4096);
        await File.WriteAllBytesAsync(file.Path, octets);
        using (var policies = new SqlitePolicyStore(file.Path))
        {
            Assert.That(await policies.ReadAllAsync(default).CountAsync(), Is.GreaterThan(1000));
        }

        Assert.That(file.Neighbours, Has.Some.Contains(".damaged-"));
        using var again = new SqliteTlsResultStore(file.Path);
        Assert.That((await again.ReadAsync(new DateOnly(2026, 1, 12), Domain)).Single().Sessions.Successful, Is.EqualTo(1));
        Assert.That(await again.AddAsync(Batch(Guid.NewGuid())), Is.True);
    }

    /// <summary>RPT-27, STS-108. A description that the damage made no sense of costs nothing but what it described.</summary>
    [Test]
    public async Task Policies_outlive_the_damage_to_the_description_of_another_table()
    {
        using var file = new TemporaryFile();
        var policy = new StoredPolicy(DomainName.Parse("kept.test"), "1", "version: STSv1\nmode: enforce\nmx: mx1.example.test\nmax_age: 86400\n"u8.ToArray(), Noon, Noon, false);
        using (var counts = new SqliteTlsResultStore(file.Path))
        using (var policies = new SqlitePolicyStore(file.Path))
        {
            await counts.AddAsync(Batch(Guid.NewGuid()));
            await policies.SaveAsync([policy], default);
        }

        using (var damage = new SqliteConnection($"Data Source={file.Path};Pooling=False"))
        {
            damage.Open();
            using SqliteCommand garble = damage.CreateCommand();
            // Before the policies in the order of names.
            garble.CommandText = "CREATE TABLE aardvark (x); PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE TABLE aardvark (x, PRIMARY' WHERE name = 'aardvark'";
            garble.ExecuteNonQuery();
        }

        using (var counts = new SqliteTlsResultStore(file.Path))
        {
            Assert.That((await counts.ReadAsync(new DateOnly(2026, 1, 12), Domain)).Single().Sessions.Successful, Is.EqualTo(1));
        }

        Assert.That(file.Neighbours, Has.Some.Contains(".damaged-"));
        using var kept = new SqlitePolicyStore(file.Path);
        Assert.That(await kept.FindAsync(policy.Domain, default), Is.EqualTo(policy));
    }

    [Test]
    public async Task A_directory_that_is_not_there_is_an_error_that_says_so()
    {
        using var file = new TemporaryFile();
        using var store = new SqliteTlsResultStore(Path.Combine(file.Path, "no", "such.db"));
        TlsResultStoreException? failure = await Assert.ThrowsAsync<TlsResultStoreException>(() => store.AddAsync(Batch(Guid.NewGuid())));
        Assert.That(failure!.Message, Does.Contain("directory does not exist"));
    }

    private static TlsResultBatch Batch(Guid writer) =>
        new(writer, 1, Noon, [new TlsResultCounts(new DateOnly(2026, 1, 12), new TlsPolicyKey(TlsPolicyType.Sts, Domain, "x"), new TlsSessionCounts(1, 0), [])]);
}
