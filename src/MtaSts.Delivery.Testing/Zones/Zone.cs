using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing.Zones;

/// <summary>All records and faults of the fake DNS, and what a resolver makes of them.</summary>
internal sealed class Zone
{
    private const int LongestChain = 16;
    private static readonly TimeSpan DefaultTtl = TimeSpan.FromMinutes(5);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<DnsRecord>> _records = [];
    private readonly Dictionary<(string Name, DnsRecordType? Type), DnsFault> _faults = [];
    private readonly Dictionary<(string Name, DnsRecordType Type), Func<DnsQuestion, DnsReply>> _custom = [];
    private readonly Dictionary<(string Name, DnsRecordType Type), TimeSpan> _ttls = [];
    private readonly Dictionary<string, TimeSpan> _negativeTtls = [];
    private readonly Dictionary<string, TimeSpan> _delays = [];
    private readonly HashSet<string> _authenticated = [];
    private readonly Dictionary<string, bool> _signed = [];

    public void Add(IEnumerable<DnsRecord> added)
    {
        lock (_gate)
        {
            foreach (DnsRecord record in added)
            {
                string name = HostNames.Canonical(record.Name);
                if (!_records.TryGetValue(name, out List<DnsRecord>? set))
                {
                    _records[name] = set = [];
                }

                set.Add(record with { Name = name });
            }
        }
    }

    public void Replace(string name, Func<DnsRecord, bool> replaced, IEnumerable<DnsRecord> added)
    {
        lock (_gate)
        {
            Remove(name, replaced);
            Add(added);
        }
    }

    public void Remove(string name, Func<DnsRecord, bool> removed)
    {
        lock (_gate)
        {
            string canonical = HostNames.Canonical(name);
            if (_records.TryGetValue(canonical, out List<DnsRecord>? set) && set.RemoveAll(record => removed(record)) > 0 && set.Count == 0)
            {
                _records.Remove(canonical);
            }
        }
    }

    public IReadOnlyList<DnsRecord> RecordsOf(string name)
    {
        lock (_gate)
        {
            return [.. _records.GetValueOrDefault(HostNames.Canonical(name), [])];
        }
    }

    public IReadOnlyList<string> MxExchanges()
    {
        lock (_gate)
        {
            return [.. _records.Values.SelectMany(set => set).Where(record => record.Type == DnsRecordType.Mx).Select(Exchange).Where(name => name.Length > 0).Distinct()];
        }

        static string Exchange(DnsRecord record)
        {
            int offset = sizeof(ushort);
            return HostNames.Fold(WireName.TryDecode(record.Content.Span, ref offset)!);
        }
    }

    public void Spoil(string name, DnsRecordType? type, DnsFault fault) => Set(_faults, (HostNames.Canonical(name), type), fault);

    public void Answer(string name, DnsRecordType type, Func<DnsQuestion, DnsReply> reply) => Set(_custom, (HostNames.Canonical(name), type), reply);

    public void Delay(string name, TimeSpan delay) => Set(_delays, HostNames.Canonical(name), delay);

    public void SetTtl(string name, DnsRecordType type, TimeSpan ttl) => Set(_ttls, (HostNames.Canonical(name), type), ttl);

    public void SetNegativeTtl(string name, TimeSpan ttl) => Set(_negativeTtls, HostNames.Canonical(name), ttl);

    public void Authenticate(string name)
    {
        lock (_gate)
        {
            _authenticated.Add(HostNames.Canonical(name));
        }
    }

    /// <summary>From here down DNSSEC vouches for records, or does not.</summary>
    public void Sign(string apex, bool isSigned) => Set(_signed, HostNames.Canonical(apex), isSigned);

    public void Heal(string name)
    {
        string canonical = HostNames.Canonical(name);
        lock (_gate)
        {
            foreach (var key in _faults.Keys.Where(key => key.Name == canonical).ToList())
            {
                _faults.Remove(key);
            }

            foreach (var key in _custom.Keys.Where(key => key.Name == canonical).ToList())
            {
                _custom.Remove(key);
            }

            _delays.Remove(canonical);
            _authenticated.Remove(canonical);
        }
    }

    public DnsFault? FaultOf(string name, DnsRecordType type)
    {
        lock (_gate)
        {
            return _faults.TryGetValue((name, type), out DnsFault fault) || _faults.TryGetValue((name, null), out fault) ? fault : null;
        }
    }

    public TimeSpan DelayOf(string name)
    {
        lock (_gate)
        {
            return _delays.GetValueOrDefault(name);
        }
    }

    public TimeSpan TtlOf(DnsRecord record)
    {
        lock (_gate)
        {
            return record.Ttl ?? _ttls.GetValueOrDefault((HostNames.Fold(record.Name), record.Type), DefaultTtl);
        }
    }

    /// <summary>The negative TTL set for a name, or for the nearest name above it.</summary>
    public TimeSpan NegativeTtlOf(string name)
    {
        lock (_gate)
        {
            for (string? at = name; at is not null; at = at.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot ? at[(dot + 1)..] : null)
            {
                if (_negativeTtls.TryGetValue(at, out TimeSpan ttl))
                {
                    return ttl;
                }
            }

            return DefaultTtl;
        }
    }

    /// <summary>The zone that a name is taken to lie in: its last two labels.</summary>
    public static string ApexOf(string name) => string.Join('.', name.Split('.').TakeLast(2));

    /// <summary>What a resolver answers, CNAME chains followed.</summary>
    public DnsReply Resolve(DnsQuestion question, DnsFault? fault)
    {
        Func<DnsQuestion, DnsReply>? reply;
        bool isAuthenticated;
        lock (_gate)
        {
            reply = _custom.GetValueOrDefault((question.Name, question.Type));
            isAuthenticated = _authenticated.Contains(question.Name);
        }

        // The test's own function runs outside the lock: it may change the zone.
        DnsReply answer = fault switch
        {
            DnsFault.NxDomain => DnsReply.NxDomain,
            DnsFault.NoData => DnsReply.NoData,
            DnsFault.ServFail => DnsReply.ServFail,
            DnsFault.Refused => DnsReply.Refused,
            _ => reply?.Invoke(question) ?? Find(question, fault == DnsFault.CnameOnly ? 1 : LongestChain),
        };
        return isAuthenticated || IsSigned(question, answer) ? answer with { IsAuthenticated = true } : answer;
    }

    /// <summary>Whether every step of an answer lies in a signed zone. A resolver vouches for all of an answer or for nothing. RFC 4035 §3.2.3.</summary>
    private bool IsSigned(DnsQuestion question, DnsReply answer)
    {
        if (answer.ResponseCode is not (DnsResponseCode.NoError or DnsResponseCode.NameError))
        {
            return false;
        }

        IEnumerable<string> targets = answer.Records.Where(record => record.Type == DnsRecordType.Cname && question.Type != DnsRecordType.Cname).Select(Target);
        lock (_gate)
        {
            return _signed.Count > 0 && targets.Prepend(question.Name).All(IsSigned);
        }
    }

    // The nearest zone above a name says.
    private bool IsSigned(string name)
    {
        for (string? at = name; at is not null; at = at.IndexOf('.', StringComparison.Ordinal) is >= 0 and var dot ? at[(dot + 1)..] : null)
        {
            if (_signed.TryGetValue(at, out bool isSigned))
            {
                return isSigned;
            }
        }

        return false;
    }

    private static string Target(DnsRecord alias)
    {
        int offset = 0;
        return HostNames.Fold(WireName.TryDecode(alias.Content.Span, ref offset)!);
    }

    private DnsReply Find(DnsQuestion question, int longestChain)
    {
        lock (_gate)
        {
            var found = new List<DnsRecord>();
            string name = question.Name;
            while (_records.TryGetValue(name, out List<DnsRecord>? set))
            {
                DnsRecord? alias = question.Type == DnsRecordType.Cname ? null : set.Find(record => record.Type == DnsRecordType.Cname);
                if (alias is null)
                {
                    return DnsReply.Of([.. found, .. set.Where(record => record.Type == question.Type)]);
                }

                found.Add(alias);
                if (found.Count == longestChain)
                {
                    // Real resolvers give up on a chain without end.
                    return longestChain == 1 ? DnsReply.Of([.. found]) : DnsReply.ServFail;
                }

                name = Target(alias);
            }

            // A name above an existing one exists too, if only without records. RFC 8020 §2.
            bool exists = _records.Keys.Any(key => key.EndsWith("." + name, StringComparison.Ordinal));
            return (exists ? DnsReply.NoData : DnsReply.NxDomain) with { Records = found };
        }
    }

    private void Set<TKey, TValue>(Dictionary<TKey, TValue> map, TKey key, TValue value)
        where TKey : notnull
    {
        lock (_gate)
        {
            map[key] = value;
        }
    }
}
