namespace MtaSts.Delivery.Testing.Network;

/// <summary>One thing for each name, made when it is first asked for.</summary>
internal sealed class Registry<T>(Func<string, T> create)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, T> all = [];

    public IReadOnlyList<T> All
    {
        get
        {
            lock (gate)
            {
                return [.. all.Values];
            }
        }
    }

    public T GetOrAdd(string name)
    {
        string canonical = HostNames.Canonical(name);
        lock (gate)
        {
            return all.TryGetValue(canonical, out T? known) ? known : all[canonical] = create(canonical);
        }
    }
}
