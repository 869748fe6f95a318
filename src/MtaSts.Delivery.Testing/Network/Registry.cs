namespace MtaSts.Delivery.Testing.Network;

/// <summary>One thing for each name, made when it is first asked for.</summary>
internal sealed class Registry<T>(Func<string, T> create)
    where T : class
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, T> _all = [];

    public IReadOnlyList<T> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _all.Values];
            }
        }
    }

    public T? Find(string name)
    {
        string canonical = HostNames.Canonical(name);
        lock (_gate)
        {
            return _all.GetValueOrDefault(canonical);
        }
    }

    public T GetOrAdd(string name)
    {
        string canonical = HostNames.Canonical(name);
        lock (_gate)
        {
            return _all.TryGetValue(canonical, out T? known) ? known : _all[canonical] = create(canonical);
        }
    }
}
