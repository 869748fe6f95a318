using System.Globalization;
using System.Text;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing;

/// <summary>A domain that receives mail: its MX records, its MTA-STS record and its policy.</summary>
public sealed class FakeDomain
{
    private const long UsualMaxAge = 604800;
    private readonly FakeInternet _internet;
    private readonly Lock _gate = new();
    private (PolicyMode Mode, string[] Patterns)? _policy;
    private long _maxAge = UsualMaxAge;
    private bool _isRecordSet;

    internal FakeDomain(FakeInternet internet, string name)
    {
        _internet = internet;
        Name = name;
    }

    /// <summary>The name of the domain.</summary>
    public string Name { get; }

    /// <summary>The policy host <c>mta-sts.domain</c>, made with address and certificate when it is first asked for.</summary>
    public FakePolicyHost PolicyHost => _internet.PolicyHost($"mta-sts.{Name}");

    /// <summary>Adds an MX record, and makes the MX host with an IPv4 address if there is none of that name.</summary>
    public FakeDomain Mx(ushort preference, string exchange)
    {
        string host = HostNames.Canonical(exchange);
        if (_internet.Dns.RecordsOf(Name).Any(record => record.Type == DnsRecordType.Mx && record.Content.Span.SequenceEqual(DnsRecord.Mx(Name, preference, host).Content.Span)))
        {
            throw new InvalidOperationException(
                $"{Name} has the MX record {preference} {host} already. There is one domain of a name, and Domain(\"{Name}\") gives the same one each time: call it to change the domain, not to make a second.");
        }

        _internet.Dns.AddMx(Name, preference, exchange);
        if (!_internet.IsAlias(host))
        {
            _internet.MxHost(host);
        }

        return this;
    }

    /// <summary>Replaces the MX records by the null MX: the domain takes no mail. RFC 7505.</summary>
    public FakeDomain NullMx()
    {
        _internet.Dns.Mx(Name, (0, "."));
        return this;
    }

    /// <summary>Removes the MX records.</summary>
    public FakeDomain NoMx()
    {
        _internet.Dns.Remove(Name, DnsRecordType.Mx);
        return this;
    }

    /// <summary>Gives the domain itself an address and an MX host behind it: the implicit MX of RFC 5321 §5.1.</summary>
    public FakeDomain Host()
    {
        _internet.MxHost(Name);
        return this;
    }

    /// <summary>Publishes a policy with a fresh id. Called again, it replaces text and id.</summary>
    public FakeDomain Policy(PolicyMode mode, params string[] mx)
    {
        ArgumentNullException.ThrowIfNull(mx);
        if (mx.Length == 0 && mode != PolicyMode.None)
        {
            throw new ArgumentException($"A policy in mode {mode.ToString().ToLowerInvariant()} names at least one MX host; for a text that is wrong on purpose there is {nameof(PolicyText)}.", nameof(mx));
        }

        if (mx.FirstOrDefault(pattern => !MxPattern.TryParse(pattern, out _)) is { } wrong)
        {
            throw new ArgumentException($"'{wrong}' is no mx pattern: write a host name, or *. and a name; for a text that is wrong on purpose there is {nameof(PolicyText)}.", nameof(mx));
        }

        lock (_gate)
        {
            _policy = (mode, mx);
        }

        return Publish();
    }

    /// <summary>The <c>max_age</c> of the policy, in seconds. One week unless set. A policy that is published already gets a new text and id.</summary>
    public FakeDomain MaxAge(long seconds)
    {
        lock (_gate)
        {
            _maxAge = seconds;
            if (_policy is null)
            {
                return PolicyHost.PolicyText is null
                    ? this
                    : throw new InvalidOperationException($"The policy text of {Name} was given as it is; write max_age into it.");
            }
        }

        return Publish();
    }

    /// <summary>The policy text as it is. The id stays, or is made if there never was a record.</summary>
    public FakeDomain PolicyText(string text) => PolicyText(Encoding.UTF8.GetBytes(text));

    /// <summary>The policy text octet by octet. The id stays, or is made if there never was a record.</summary>
    public FakeDomain PolicyText(byte[] text)
    {
        ArgumentNullException.ThrowIfNull(text);
        lock (_gate)
        {
            _policy = null;
        }

        PolicyHost.PolicyText = [.. text];
        return _isRecordSet ? this : PolicyId(_internet.NextPolicyId());
    }

    /// <summary>The <c>id</c> in the record. The text stays.</summary>
    public FakeDomain PolicyId(string id) => Record($"v=STSv1; id={id}");

    /// <summary>Replaces the TXT records at <c>_mta-sts</c> by these, one record each, whatever they say.</summary>
    public FakeDomain Record(params string[] txtRecords)
    {
        ArgumentNullException.ThrowIfNull(txtRecords);
        _isRecordSet = true;
        // All at once: whoever asks meanwhile sees the old records or the new ones, never none.
        _internet.Dns.ReplaceTxt($"_mta-sts.{Name}", txtRecords);
        return this;
    }

    /// <summary>Removes the TXT records at <c>_mta-sts</c>. The policy host stays.</summary>
    public FakeDomain NoRecord()
    {
        _isRecordSet = true;
        _internet.Dns.Remove($"_mta-sts.{Name}", DnsRecordType.Txt);
        return this;
    }

    internal FakeInternet Internet => _internet;

    private FakeDomain Publish()
    {
        lock (_gate)
        {
            (PolicyMode mode, string[] patterns) = _policy!.Value;
            string[] lines =
            [
                "version: STSv1",
                $"mode: {mode.ToString().ToLowerInvariant()}",
                .. patterns.Select(pattern => $"mx: {pattern}"),
                string.Create(CultureInfo.InvariantCulture, $"max_age: {_maxAge}"),
            ];
            PolicyHost.PolicyText = Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\r\n")));
        }

        return PolicyId(_internet.NextPolicyId());
    }
}
