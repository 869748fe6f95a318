using MtaSts.Delivery.Queue;

namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>One change that waits for its turn.</summary>
internal abstract class WriteOperation(int size, WriteKind kind, CancellationToken cancellationToken)
{
    /// <summary>About how many octets it writes.</summary>
    public int Size { get; } = size;

    /// <summary>What it is about.</summary>
    public WriteKind Kind { get; } = kind;

    /// <summary>Whether nobody wants it any more.</summary>
    public bool IsCancelled => cancellationToken.IsCancellationRequested;

    /// <summary>Makes the change; called again when its transaction was rolled back.</summary>
    public abstract void Run(QueueChanges changes);

    /// <summary>Tells that the change is durable.</summary>
    public abstract void Succeed();

    /// <summary>Tells that nothing was changed.</summary>
    public abstract void Fail(Exception failure);
}

/// <inheritdoc/>
internal sealed class WriteOperation<T>(Func<QueueChanges, T> work, int size, WriteKind kind, CancellationToken cancellationToken) : WriteOperation(size, kind, cancellationToken)
{
    private readonly TaskCompletionSource<T> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T _result = default!;

    public Task<T> Ended => _ended.Task;

    public override void Run(QueueChanges changes) => _result = work(changes);

    public override void Succeed() => _ended.TrySetResult(_result);

    public override void Fail(Exception failure) => _ended.TrySetException(failure);
}
