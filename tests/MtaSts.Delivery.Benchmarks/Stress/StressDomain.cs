using System.Text;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Benchmarks.Stress;

/// <summary>A domain of the stress test.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Mode">The mode of its policy; <see langword="null"/> when it has none.</param>
/// <param name="Hosts">The numbers of its MX hosts in their order.</param>
/// <param name="Listed">The numbers of those that its policy names.</param>
internal sealed record StressDomain(DomainName Name, PolicyMode? Mode, int[] Hosts, int[] Listed)
{
    /// <summary>Whether a message may be accepted by a host that shows this.</summary>
    public bool Allows(int host, HostState shown) => Mode != PolicyMode.Enforce || (shown == HostState.Good && Listed.Contains(host));

    public StoredPolicy ToPolicy(Func<int, string> hostName, DateTimeOffset fetched) => new(
        Name, "1",
        Encoding.ASCII.GetBytes($"version: STSv1\r\nmode: {Mode.ToString()!.ToLowerInvariant()}\r\n{string.Concat(Listed.Select(host => $"mx: {hostName(host)}\r\n"))}max_age: 604800\r\n"),
        fetched, fetched, false);
}
