using MtaSts.Delivery.Names;
using MtaSts.Delivery.Reporting;
using MtaSts.Delivery.Testing;
using NUnit.Framework;

namespace MtaSts.Delivery.Sqlite.Tests;

public sealed class SqliteTlsResultStoreTests
{
    private static readonly DomainName Domain = DomainName.Parse("example.test");
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
