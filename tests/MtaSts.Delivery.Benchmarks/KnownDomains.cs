using System.Text;
using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Benchmarks;

/// <summary>Domains with policies, and a DNS that knows of no others.</summary>
internal static class KnownDomains
{
    public static DomainName Name(int number) => DomainName.Parse($"customer{number}.example.com");

    public static StoredPolicy Policy(int number, int texts) => new(
        Name(number), $"20260301{number % texts:D6}",
        Encoding.ASCII.GetBytes($"version: STSv1\r\nmode: enforce\r\nmx: mx{number % texts}.provider.example.net\r\nmx: *.mail.provider.example.net\r\nmax_age: 604800\r\n"),
        DateTimeOffset.UtcNow.AddHours(-1), DateTimeOffset.UtcNow, false);

    /// <summary>Answers at once: the id of the known policies, or that there is no record.</summary>
    public sealed class Resolver(Func<DomainName, string?> id) : IDnsResolver
    {
        private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

        public Task<DnsAnswer<TxtRecord>> LookUpTxtAsync(DomainName name, CancellationToken cancellationToken) => Task.FromResult<DnsAnswer<TxtRecord>>(
            id(name.Parent!) is { } found
                ? new DnsAnswer<TxtRecord>.Found([new TxtRecord($"v=STSv1; id={found};")], Hour, name, false)
                : new DnsAnswer<TxtRecord>.NoRecords(true, Hour));

        public Task<DnsAnswer<MxRecord>> LookUpMxAsync(DomainName name, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<DnsAnswer<System.Net.IPAddress>> LookUpAddressesAsync(DomainName name, System.Net.Sockets.AddressFamily family, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
