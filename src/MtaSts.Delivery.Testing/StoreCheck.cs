using MtaSts.Delivery.Policies;

namespace MtaSts.Delivery.Testing;

/// <summary>One thing that a store must do.</summary>
public sealed class StoreCheck
{
    private readonly Func<PolicyStoreContract.StoreOpening, Task> _check;

    internal StoreCheck(string name, Func<PolicyStoreContract.StoreOpening, Task> check)
    {
        Name = name;
        _check = check;
    }

    /// <summary>What the store must do, in words.</summary>
    public string Name { get; }

    /// <summary>Runs the check. What was opened is disposed at the end, if it can be.</summary>
    /// <param name="open">Opens the store, which holds nothing when the check begins; called again, it opens the same store once more.</param>
    /// <exception cref="StoreContractException">The store does not do it; the message says what was expected.</exception>
    public async Task RunAsync(Func<IPolicyStore> open)
    {
        ArgumentNullException.ThrowIfNull(open);
        var opening = new PolicyStoreContract.StoreOpening(open);
        await using (opening.ConfigureAwait(false))
        {
            await _check(opening).ConfigureAwait(false);
        }
    }

    /// <summary>The name, by which test runners list the check.</summary>
    public override string ToString() => Name;
}
