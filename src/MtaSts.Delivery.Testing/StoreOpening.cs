namespace MtaSts.Delivery.Testing;

/// <summary>A store under test, that can be opened several times.</summary>
internal sealed class StoreOpening<TStore>(Func<TStore> open) : IAsyncDisposable
    where TStore : class
{
    private readonly List<TStore> _open = [];

    public TStore Open()
    {
        TStore store = open();
        _open.Add(store);
        return store;
    }

    /// <summary>Closes all that is open, and opens the store again.</summary>
    public async Task<TStore> ReopenAsync()
    {
        await DisposeAsync().ConfigureAwait(false);
        return Open();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TStore store in _open)
        {
            if (store is IAsyncDisposable later)
            {
                await later.DisposeAsync().ConfigureAwait(false);
            }
            else
            {
                (store as IDisposable)?.Dispose();
            }
        }

        _open.Clear();
    }
}
