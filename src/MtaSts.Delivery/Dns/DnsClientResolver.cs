using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using DnsClient;
using DnsClient.Protocol;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Dns;

/// <summary>Asks recursive resolvers through the DnsClient library: the only file that knows it.</summary>
/// <remarks>
/// DnsClient accepts answers to another question and records of another owner, and reports cancellation as a time-out;
/// this class checks the question and every owner name, asks again over TCP when an answer was cut or is none, and tells the two apart.
/// Nor does DnsClient remember which server is dead. Here each look-up asks the servers in order until one has an answer, and those that said nothing
/// once more; one that was silent is asked last for a minute, after which a single look-up tries it first again.
/// </remarks>
public sealed class DnsClientResolver : IDnsResolver
{
    private const int MaxAliases = 8;
    private const int EdnsBufferSize = 1232;
    private const int Tries = 2;
    // Unbound takes ten at a time unless told otherwise, and lets the others wait in silence.
    private const int MaxConnections = 6;
    private static readonly TimeSpan ShortestTimeout = TimeSpan.FromMilliseconds(1);
    private static readonly DnsQueryOptions OverUdp = QueryOptions(useTcpOnly: false);
    private static readonly DnsQueryOptions OverTcp = QueryOptions(useTcpOnly: true);

    private readonly Lazy<LookupClient> _client;
    private readonly TimeSpan _lookupTimeout;
    private readonly TimeSpan _queryTimeout;
    private readonly TimeProvider _clock;
    private readonly SilentServers _silent;
    private readonly IPAddress[] _trusted;
    private readonly bool _isSecurityAsked;
    private readonly bool _useTcpOnly;
    // Holds one for each look-up that has a connection: a semaphore that nobody has to dispose.
    private readonly Channel<bool> _turns = Channel.CreateBounded<bool>(MaxConnections);

    /// <summary>Creates a resolver.</summary>
    /// <param name="options">Servers and time-outs; copied.</param>
    /// <param name="clock">The clock that the time-outs run by; the system's unless given.</param>
    public DnsClientResolver(DnsOptions? options = null, TimeProvider? clock = null)
        : this(options ?? new DnsOptions(), clock, isSecurityAsked: false)
    {
    }

    /// <param name="options">Servers and time-outs; copied.</param>
    /// <param name="clock">The clock that the time-outs run by; the system's unless given.</param>
    /// <param name="isSecurityAsked">Whether the AD bit is to count, which it does only over TCP and from resolvers that are believed.</param>
    internal DnsClientResolver(DnsOptions options, TimeProvider? clock, bool isSecurityAsked)
    {
        _clock = clock ?? TimeProvider.System;
        _silent = new SilentServers(_clock);
        _lookupTimeout = options.LookupTimeout;
        IPEndPoint[] servers = [.. options.Servers];
        _queryTimeout = options.QueryTimeout;
        _trusted = [.. options.TrustedResolvers];
        _isSecurityAsked = isSecurityAsked;
        _useTcpOnly = options.UseTcpOnly || isSecurityAsked;
        // Late, because finding the system's resolvers reads its configuration.
        _client = new Lazy<LookupClient>(() => new LookupClient(servers.Length > 0 ? new LookupClientOptions(servers) : new LookupClientOptions()));
    }

    /// <inheritdoc/>
    public Task<DnsAnswer<MxRecord>> LookUpMxAsync(DomainName name, CancellationToken cancellationToken) =>
        LookUpAsync(name, QueryType.MX, (DnsClient.Protocol.MxRecord record) => new MxRecord(record.Preference, WithoutRootDot(record.Exchange.Value)), cancellationToken);

    /// <inheritdoc/>
    public Task<DnsAnswer<TxtRecord>> LookUpTxtAsync(DomainName name, CancellationToken cancellationToken) =>
        LookUpAsync(name, QueryType.TXT, (DnsClient.Protocol.TxtRecord record) => new TxtRecord(string.Concat(record.Text)), cancellationToken);

    /// <inheritdoc/>
    public Task<DnsAnswer<IPAddress>> LookUpAddressesAsync(DomainName name, AddressFamily family, CancellationToken cancellationToken) =>
        family == AddressFamily.InterNetworkV6
            ? LookUpAsync(name, QueryType.AAAA, (AaaaRecord record) => record.Address, cancellationToken)
            : LookUpAsync(name, QueryType.A, (ARecord record) => record.Address, cancellationToken);

    /// <inheritdoc/>
    public Task<DnsAnswer<TlsaRecord>> LookUpTlsaAsync(DomainName name, CancellationToken cancellationToken) =>
        LookUpAsync(name, QueryType.TLSA, (DnsClient.Protocol.TlsaRecord record) => new TlsaRecord((byte)record.CertificateUsage, (byte)record.Selector, (byte)record.MatchingType, [.. record.CertificateAssociationData]), cancellationToken);

    /// <inheritdoc/>
    public Task<DnsAnswer<DomainName>> LookUpAliasAsync(DomainName name, CancellationToken cancellationToken) =>
        LookUpAsync(name, QueryType.CNAME, (CNameRecord record) => DomainName.Parse(WithoutRootDot(record.CanonicalName.Value)), cancellationToken);

    /// <summary>The resolvers that the system is set to; none when that cannot be found out.</summary>
    internal static IReadOnlyList<IPAddress> SystemResolvers()
    {
        try
        {
            return [.. NameServer.ResolveNameServers(skipIPv6SiteLocal: true, fallbackToGooglePublicDns: false).Select(AddressOf)];
        }
        catch (InvalidOperationException)
        {
            return [];
        }
    }

    private async Task<DnsAnswer<T>> LookUpAsync<TWire, T>(DomainName name, QueryType type, Func<TWire, T> read, CancellationToken cancellationToken)
        where TWire : DnsResourceRecord
    {
        ArgumentNullException.ThrowIfNull(name);
        if (!_useTcpOnly)
        {
            return await LookUpInTimeAsync(name, type, read, cancellationToken).ConfigureAwait(false);
        }

        // Its time begins with its turn: however slow those before it are, that says nothing about this name.
        await _turns.Writer.WriteAsync(true, cancellationToken).ConfigureAwait(false);
        try
        {
            return await LookUpInTimeAsync(name, type, read, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _turns.Reader.TryRead(out _);
        }
    }

    private async Task<DnsAnswer<T>> LookUpInTimeAsync<TWire, T>(DomainName name, QueryType type, Func<TWire, T> read, CancellationToken cancellationToken)
        where TWire : DnsResourceRecord
    {
        long started = _clock.GetTimestamp();
        using var deadline = new CancellationTokenSource(_lookupTimeout, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await FollowAsync(name, type, read, started, both.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (both.IsCancellationRequested)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return new DnsAnswer<T>.Unavailable(FormattableString.Invariant($"no answer within {_lookupTimeout.TotalSeconds:0.#} s"));
        }
        catch (Exception failure)
        {
            // Hostile packets end as whatever DnsClient's parser ran into, null references included.
            return new DnsAnswer<T>.Unavailable(Unusable(failure));
        }
    }

    private async Task<DnsAnswer<T>> FollowAsync<TWire, T>(DomainName name, QueryType type, Func<TWire, T> read, long started, CancellationToken cancellationToken)
        where TWire : DnsResourceRecord
    {
        DomainName owner = name;
        TimeSpan timeToLive = TimeSpan.MaxValue;
        bool authenticated = true;
        for (int aliases = 0; aliases <= MaxAliases;)
        {
            DomainName asked = owner;
            (IDnsQueryResponse? response, string? fault) = await AskEachAsync(asked, type, started, cancellationToken).ConfigureAwait(false);
            if (response is null)
            {
                return new DnsAnswer<T>.Unavailable(fault ?? FormattableString.Invariant($"no answer within {_queryTimeout.TotalSeconds:0.#} s, though each resolver was asked {Tries} times"));
            }

            // DnsClient does not look where a datagram comes from.
            authenticated &= _useTcpOnly && response.Header.IsAuthenticData && ResolverTrust.Believes(AddressOf(response.NameServer), _trusted);
            for (; type != QueryType.CNAME && aliases <= MaxAliases && AliasOf(response, owner) is { } alias; aliases++)
            {
                timeToLive = Min(timeToLive, TimeSpan.FromSeconds(alias.InitialTimeToLive));
                if (!DomainName.TryParse(WithoutRootDot(alias.CanonicalName.Value), out DomainName? target))
                {
                    return new DnsAnswer<T>.Unavailable($"CNAME of {owner} points at '{Printable(alias.CanonicalName.Value)}', which is no name");
                }

                owner = target;
            }

            TWire[] records = [.. response.Answers.OfType<TWire>().Where(record => Owns(record, owner))];
            if (records.Length > 0)
            {
                timeToLive = Min(timeToLive, TimeSpan.FromSeconds(records.Min(record => record.InitialTimeToLive)));
                return new DnsAnswer<T>.Found([.. records.Select(read)], timeToLive, owner, authenticated);
            }

            if (owner == asked && response.Answers.Count > 0 && !response.Answers.Any(record => Owns(record, asked)))
            {
                return new DnsAnswer<T>.Unavailable($"the answer is about {Printable(response.Answers[0].DomainName.Value)}, not {asked}");
            }

            if (owner == asked || response.Header.ResponseCode == DnsHeaderResponseCode.NotExistentDomain)
            {
                return new DnsAnswer<T>.NoRecords(response.Header.ResponseCode != DnsHeaderResponseCode.NotExistentDomain, Min(timeToLive, NegativeTimeToLive(response)))
                {
                    IsAuthenticated = authenticated,
                };
            }
        }

        return new DnsAnswer<T>.Unavailable($"more than {MaxAliases} CNAME records in a row at {name}");
    }

    /// <summary>Asks one server after another until one has an answer that can be used, and those that said nothing once more: a datagram may get lost.
    /// Otherwise what was wrong with the last answer, and nothing when there was none.</summary>
    private async Task<(IDnsQueryResponse? Response, string? Fault)> AskEachAsync(DomainName name, QueryType type, long started, CancellationToken cancellationToken)
    {
        string? lastFault = null;
        NameServer[] servers = _silent.Last(_client.Value.NameServers);
        if (_isSecurityAsked && ResolverTrust.Fault([.. servers.Select(AddressOf)], _trusted) is { } untrusted)
        {
            // The system's resolvers may have changed since the program began.
            return (null, untrusted);
        }

        for (int tries = 0; tries < Tries && servers.Length > 0; tries++)
        {
            var silent = new List<NameServer>();
            for (int i = 0; i < servers.Length; i++)
            {
                // However many there are, each has its turn before the look-up's time is over.
                TimeSpan share = (_lookupTimeout - _clock.GetElapsedTime(started)) / (servers.Length - i);
                (IDnsQueryResponse? response, string? fault) = await AskAsync(servers[i], name, type, Max(Min(share, _queryTimeout), ShortestTimeout), cancellationToken).ConfigureAwait(false);
                if (response is not null)
                {
                    return (response, null);
                }

                if (fault is null)
                {
                    silent.Add(servers[i]);
                }

                lastFault = fault ?? lastFault;
            }

            servers = [.. silent];
        }

        return (null, lastFault);
    }

    /// <summary>Asks one server: an answer that can be used, or what was wrong with it, or nothing when there was none.</summary>
    private async Task<(IDnsQueryResponse? Response, string? Fault)> AskAsync(NameServer server, DomainName name, QueryType type, TimeSpan timeout, CancellationToken cancellationToken)
    {
        int before = _silent.AnswersOf(server);
        using var patience = new CancellationTokenSource(timeout, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            (IDnsQueryResponse? response, string? fault) = await ExchangeAsync(server, name, type, _useTcpOnly, both.Token).ConfigureAwait(false);
            if (response is null && !_useTcpOnly)
            {
                // A datagram that is no answer may be anybody's, and the answer itself still on its way: on a connection only the server speaks.
                (response, fault) = await ExchangeAsync(server, name, type, overTcp: true, both.Token).ConfigureAwait(false);
            }

            if (response is null)
            {
                return (null, fault);
            }

            _silent.NoteAnswer(server);
            return response.Header.ResponseCode is DnsHeaderResponseCode.NoError or DnsHeaderResponseCode.NotExistentDomain
                ? (response, null)
                : (null, RcodeName(response.Header.ResponseCode));
        }
        catch (Exception) when (both.IsCancellationRequested)
        {
            // DnsClient reports cancellation as a time-out, or as whatever it ran into when its socket was closed.
            cancellationToken.ThrowIfCancellationRequested();
            _silent.NoteSilence(server, before);
            return (null, null);
        }
    }

    /// <summary>Sends the question and reads what comes: a response to it, of whatever code, or why there is none.</summary>
    private async Task<(IDnsQueryResponse? Response, string? Fault)> ExchangeAsync(NameServer server, DomainName name, QueryType type, bool overTcp, CancellationToken cancellationToken)
    {
        // DnsClient keeps connections, and sees only by using one that the server has closed it since. RFC 7766 §6.2.4.
        for (int kept = overTcp ? MaxConnections : 0; ; kept--)
        {
            try
            {
                IDnsQueryResponse response = await _client.Value.QueryServerAsync([server], new DnsQuestion(Question(name), type, QueryClass.IN), overTcp ? OverTcp : OverUdp, cancellationToken).ConfigureAwait(false);
                return Reject(response, name, type) is { } fault ? (null, fault) : (response, null);
            }
            catch (DnsResponseException closed) when (IsClosed(closed) && kept > 0 && !cancellationToken.IsCancellationRequested)
            {
                // Another one, or at last a new one.
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                // Hostile packets end as whatever DnsClient's parser ran into, null references included.
                return (null, IsClosed(failure) ? "the connection was closed without an answer" : Unusable(failure));
            }
        }
    }

    private static bool IsClosed(Exception failure) => failure is DnsResponseException { InnerException: TimeoutException or IOException };

    private static IPAddress AddressOf(NameServer server) => IPAddress.Parse(server.Address);

    private static string? Reject(IDnsQueryResponse response, DomainName asked, QueryType type)
    {
        if (!response.Header.HasQuery)
        {
            // DnsClient's name for the QR bit.
            return "the answer claims to be a question";
        }

        if (response.Questions.Count == 0)
        {
            return "the answer repeats no question";
        }

        DnsQuestion question = response.Questions[0];
        return response.Questions.Count == 1 && question.QuestionType == type && IsName(question.QueryName, asked) ? null : "the answer belongs to another question";
    }

    private static string RcodeName(DnsHeaderResponseCode code) => code switch
    {
        DnsHeaderResponseCode.ServerFailure => "SERVFAIL",
        DnsHeaderResponseCode.Refused => "REFUSED",
        DnsHeaderResponseCode.FormatError => "FORMERR",
        DnsHeaderResponseCode.NotImplemented => "NOTIMP",
        _ => "response code " + code,
    };

    private static CNameRecord? AliasOf(IDnsQueryResponse response, DomainName owner) =>
        response.Answers.OfType<CNameRecord>().FirstOrDefault(alias => Owns(alias, owner));

    private static bool Owns(DnsResourceRecord record, DomainName owner) => IsName(record.DomainName, owner);

    // DnsClient decodes each A-label that begins with a small xn-- in question and owner names, and gives up when it is no valid one,
    // though such names are in use. Servers repeat the question's case, and DNS does not care for it.
    private static string Question(DomainName name) => name.Value.Replace("xn--", "XN--", StringComparison.Ordinal) + ".";

    // Of a question or owner name, Original is what stood on the wire; of a name inside a record, Value is.
    private static bool IsName(DnsString text, DomainName name) => Ascii.EqualsIgnoreCase(WithoutRootDot(text.Original), name.Value);

    private static string WithoutRootDot(string name) => name.EndsWith('.') ? name[..^1] : name;

    private static TimeSpan NegativeTimeToLive(IDnsQueryResponse response) => response.Authorities.OfType<SoaRecord>().FirstOrDefault() is { } soa
        ? TimeSpan.FromSeconds(Math.Min(soa.Minimum, (uint)Math.Max(0, soa.InitialTimeToLive)))
        : TimeSpan.Zero;

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private static string Unusable(Exception failure) => "unusable answer: " + Printable(failure.Message);

    private static string Printable(string text) => PrintableText.Of(text, 200);

    private static DnsQueryOptions QueryOptions(bool useTcpOnly) => new()
    {
        UseCache = false,
        Timeout = Timeout.InfiniteTimeSpan,
        Retries = 0,
        ThrowDnsErrors = false,
        UseTcpFallback = true,
        UseTcpOnly = useTcpOnly,
        RequestDnsSecRecords = true,
        ExtendedDnsBufferSize = EdnsBufferSize,
    };
}
