using System.Collections.Concurrent;
using MtaSts.Delivery.Testing.Network;

namespace MtaSts.Delivery.Testing;

public sealed partial class FakeInternet
{
    private readonly ConcurrentDictionary<string, Lazy<FakeReportHost>> _reportHosts = [];

    /// <summary>The HTTPS server of a name that takes TLS reports, made when it is first asked for, with an address of its own.</summary>
    public FakeReportHost ReportHost(string name)
    {
        string canonical = HostNames.Canonical(name);
        return _reportHosts.GetOrAdd(canonical, key => new Lazy<FakeReportHost>(() => new FakeReportHost(this, key))).Value;
    }
}
