namespace MtaSts.Delivery.Testing;

/// <summary>One thing that a store must do.</summary>
/// <typeparam name="TStore">The interface of the store.</typeparam>
public sealed class StoreCheck<TStore>
    where TStore : class
{
    private readonly Func<StoreOpening<TStore>, Task> _check;

    internal StoreCheck(string name, Func<StoreOpening<TStore>, Task> check)
    {
        Name = name;
        _check = check;
    }

    /// <summary>What the store must do, in words.</summary>
    public string Name { get; }

    /// <summary>Runs the check. What was opened is disposed at the end, if it can be.</summary>
    /// <param name="open">Opens the store, which holds nothing when the check begins; called again, it opens the same store once more.</param>
    /// <exception cref="StoreContractException">The store does not do it; the message says what was expected.</exception>
    public async Task RunAsync(Func<TStore> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        var opening = new StoreOpening<TStore>(open);
        await using (opening.ConfigureAwait(false))
        {
            await _check(opening).ConfigureAwait(false);
        }
    }

    /// <summary>The name, by which test runners list the check.</summary>
    public override string ToString() => Name;
}
