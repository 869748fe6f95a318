using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Caching.Memory;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Dns;

/// <summary>Remembers MX, address, TLSA and CNAME records for as long as DNS lets them be remembered, and asks once for all who ask at the same time. RFC 1035 §3.2.1, RFC 2308 §5.</summary>
/// <remarks>TXT records are not remembered here: how long they count is for the policies to say. Nor is a look-up that failed.</remarks>
internal sealed class DnsCache(IDnsResolver inner, DnsOptions options, TimeProvider clock) : IDnsResolver, IDisposable
{
    private readonly TimeSpan _longest = options.MaxCacheTime;
    private readonly MemoryCache _answers = new(new MemoryCacheOptions { SizeLimit = options.CacheSize, Clock = CacheClock.OfElapsed(clock) });
    private readonly Dictionary<Question, Task> _asking = [];

    public Task<DnsAnswer<MxRecord>> LookUpMxAsync(DomainName name, CancellationToken cancellationToken) =>
        AskAsync(new Question(name, Asked.Mx), static (dns, question) => dns.LookUpMxAsync(question.Name, CancellationToken.None), cancellationToken);

    public Task<DnsAnswer<TxtRecord>> LookUpTxtAsync(DomainName name, CancellationToken cancellationToken) => inner.LookUpTxtAsync(name, cancellationToken);

    public Task<DnsAnswer<IPAddress>> LookUpAddressesAsync(DomainName name, AddressFamily family, CancellationToken cancellationToken) =>
        AskAsync(
            new Question(name, family == AddressFamily.InterNetworkV6 ? Asked.Ipv6 : Asked.Ipv4),
            static (dns, question) => dns.LookUpAddressesAsync(question.Name, question.Type == Asked.Ipv6 ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork, CancellationToken.None),
            cancellationToken);

    public Task<DnsAnswer<TlsaRecord>> LookUpTlsaAsync(DomainName name, CancellationToken cancellationToken) =>
        AskAsync(new Question(name, Asked.Tlsa), static (dns, question) => dns.LookUpTlsaAsync(question.Name, CancellationToken.None), cancellationToken);

    public Task<DnsAnswer<DomainName>> LookUpAliasAsync(DomainName name, CancellationToken cancellationToken) =>
        AskAsync(new Question(name, Asked.Alias), static (dns, question) => dns.LookUpAliasAsync(question.Name, CancellationToken.None), cancellationToken);

    public void Dispose() => _answers.Dispose();

    private Task<DnsAnswer<T>> AskAsync<T>(Question question, Func<IDnsResolver, Question, Task<DnsAnswer<T>>> ask, CancellationToken cancellationToken)
    {
        if (_answers.TryGetValue(question, out Task<DnsAnswer<T>>? known))
        {
            return known!;
        }

        Task<DnsAnswer<T>> asking;
        lock (_asking)
        {
            if (_asking.TryGetValue(question, out Task? underWay))
            {
                asking = (Task<DnsAnswer<T>>)underWay;
            }
            else
            {
                // Nobody's own cancellation ends what others wait for; the resolver has a deadline of its own.
                asking = Task.Run(() => AnswerAsync(question, ask), CancellationToken.None);
                _asking.Add(question, asking);
            }
        }

        return asking.WaitAsync(cancellationToken);
    }

    private async Task<DnsAnswer<T>> AnswerAsync<T>(Question question, Func<IDnsResolver, Question, Task<DnsAnswer<T>>> ask)
    {
        try
        {
            DnsAnswer<T> answer = await ask(inner, question).ConfigureAwait(false);
            TimeSpan kept = answer switch
            {
                DnsAnswer<T>.Found found => found.TimeToLive,
                DnsAnswer<T>.NoRecords none => none.TimeToLive,
                _ => TimeSpan.Zero,
            };
            kept = kept < _longest ? kept : _longest;
            if (kept > TimeSpan.Zero)
            {
                _ = _answers.Set(question, Task.FromResult(answer), new MemoryCacheEntryOptions { Size = 1, AbsoluteExpirationRelativeToNow = kept });
            }

            return answer;
        }
        finally
        {
            lock (_asking)
            {
                _asking.Remove(question);
            }
        }
    }

    private sealed record Question(DomainName Name, Asked Type);

    private enum Asked
    {
        Mx,
        Ipv4,
        Ipv6,
        Tlsa,
        Alias,
    }
}
