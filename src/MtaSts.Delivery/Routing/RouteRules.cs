using MtaSts.Delivery.Dns;
using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Routing;

/// <summary>From MX records to hosts in order. RFC 5321 §5.1, RFC 7505.</summary>
internal static class RouteRules
{
    /// <summary>The route that MX records make; at least one record.</summary>
    public static Route FromRecords(DomainName domain, IReadOnlyList<MxRecord> records, int port, int maxHosts, IReadOnlyCollection<DomainName> localNames, Random random)
    {
        if (records.All(record => record.Exchange.Length == 0))
        {
            return new Route.NoMail(NoMailReason.NullMx, $"{domain} has a null MX: it takes no mail");
        }

        var ignored = new List<string>();
        var candidates = new List<MxCandidate>();
        foreach (MxRecord record in records)
        {
            if (DomainName.TryParse(record.Exchange, out DomainName? host))
            {
                candidates.Add(new MxCandidate(host, null, record.Preference, port));
            }
            else if (ignored.Count < maxHosts)
            {
                ignored.Add(record.Exchange.Length == 0
                    ? FormattableString.Invariant($"MX {record.Preference} '.': a null MX beside others")
                    : FormattableString.Invariant($"MX {record.Preference} '{Printable(record.Exchange)}': not a host name"));
            }
        }

        if (candidates.Count == 0)
        {
            return new Route.NoMail(NoMailReason.NoUsableMx, $"no MX record of {domain} names a host: {string.Join("; ", ignored)}");
        }

        candidates = Order(candidates, random);
        if (localNames.Count > 0 && candidates.FirstOrDefault(candidate => localNames.Contains(candidate.Host!)) is { } self)
        {
            int removed = candidates.RemoveAll(candidate => candidate.Preference >= self.Preference);
            if (candidates.Count == 0)
            {
                return new Route.NoMail(NoMailReason.Loop, $"mail for {domain} loops back to {self.Host}, this sender itself");
            }

            ignored.Add(FormattableString.Invariant($"{removed} MX record(s) of preference {self.Preference} and above: {self.Host} is this sender itself"));
        }

        if (candidates.Count > maxHosts)
        {
            ignored.Add(FormattableString.Invariant($"{candidates.Count - maxHosts} MX record(s) beyond the first {maxHosts}"));
            candidates.RemoveRange(maxHosts, candidates.Count - maxHosts);
        }

        return new Route.ToHosts(candidates, RouteOrigin.MxRecords, ignored);
    }

    /// <summary>Ascending preference, equal preferences in random order, each host once.</summary>
    private static List<MxCandidate> Order(List<MxCandidate> candidates, Random random)
    {
        if (candidates.Count == 1)
        {
            return candidates;
        }

        MxCandidate[] shuffled = [.. candidates];
        lock (random)
        {
            random.Shuffle(shuffled);
        }

        return [.. shuffled.OrderBy(candidate => candidate.Preference).DistinctBy(candidate => candidate.Host)];
    }

    private static string Printable(string text) => PrintableText.Of(text, 100);
}
