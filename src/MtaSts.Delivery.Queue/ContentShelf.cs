using System.Diagnostics.CodeAnalysis;
using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue;

/// <summary>The messages under way: each is read once for all its deliveries, and all together stay within bounds. Some of those that wait lie behind them, as they were at hand when they came.</summary>
internal sealed class ContentShelf(IQueueStore store, long maxSize, TimeProvider clock)
{
    private const long MostWaiting = 64L << 20;

    // Whoever has not come for it by then does not: another process had it, or an order ended it.
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private readonly Dictionary<QueueId, Place> _places = [];
    private readonly LinkedList<(QueueId Id, MessageContent Content, long Since)> _waiting = [];
    private readonly Dictionary<QueueId, LinkedListNode<(QueueId Id, MessageContent Content, long Since)>> _waitingById = [];
    private readonly Signal _left = new();
    // Who waits for room, first come first served: a large message must not wait for ever while small ones pass it.
    private readonly LinkedList<QueueId> _line = [];
    private long _size;
    private long _sizeWaiting;

    private long MaxWaiting => Math.Min(maxSize / 4, MostWaiting);

    /// <summary>Takes a message off the shelf, waiting for room; it must be given back.</summary>
    /// <returns>The message; <see langword="null"/> when the store does not have it any more.</returns>
    public async Task<MessageContent?> BorrowAsync(QueueId id, long size, CancellationToken cancellationToken)
    {
        LinkedListNode<QueueId>? turn = null;
        while (true)
        {
            Task next = _left.Next;
            Place? place = null;
            lock (_gate)
            {
                if (_places.TryGetValue(id, out place))
                {
                    place.Borrowers++;
                }
                else if (_line.First == turn && (_size == 0 || _size + size <= maxSize))
                {
                    place = new Place(TryTakeWaiting(id, out MessageContent? content) ? Task.FromResult<MessageContent?>(content) : ReadAsync(id), size) { Borrowers = 1 };
                    _places.Add(id, place);
                    _size += size;
                }
                else
                {
                    turn ??= _line.AddLast(id);
                }
            }

            if (place is null)
            {
                try
                {
                    await next.WaitAsync(cancellationToken).ConfigureAwait(false);
                    continue;
                }
                catch
                {
                    LeaveLine(turn);
                    throw;
                }
            }

            LeaveLine(turn);

            try
            {
                return await place.Content.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                GiveBack(id);
                throw;
            }
        }
    }

    /// <summary>Puts a message that is at hand on the shelf, if there is room, for the one who borrows it next.</summary>
    public void Put(QueueId id, MessageContent content)
    {
        lock (_gate)
        {
            // It is there already where this worker has lost it to another and has it again.
            if (_line.Count == 0 && _size + content.Octets.Length <= maxSize && _places.TryAdd(id, new Place(Task.FromResult<MessageContent?>(content), content.Octets.Length)))
            {
                _size += content.Octets.Length;
            }
        }
    }

    /// <summary>Whether a message that has to wait may lie here meanwhile. The oldest stay, as they go first.</summary>
    public bool HasRoomFor(long size)
    {
        lock (_gate)
        {
            while (_waiting.First is { } oldest && _sizeWaiting + size > MaxWaiting && clock.GetElapsedTime(oldest.Value.Since) > Longest)
            {
                Remove(oldest);
            }

            return _sizeWaiting + size <= MaxWaiting;
        }
    }

    /// <summary>Lays a message down that has to wait, if there is still room, so that it need not be read.</summary>
    public void Keep(QueueId id, MessageContent content)
    {
        lock (_gate)
        {
            if (_sizeWaiting + content.Octets.Length <= MaxWaiting && !_waitingById.ContainsKey(id))
            {
                _waitingById.Add(id, _waiting.AddLast((id, content, clock.GetTimestamp())));
                _sizeWaiting += content.Octets.Length;
            }
        }
    }

    public void GiveBack(QueueId id)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(id, out Place? place) && --place.Borrowers == 0)
            {
                _places.Remove(id);
                _size -= place.Size;
            }
        }

        _left.Raise();
    }

    private void LeaveLine(LinkedListNode<QueueId>? turn)
    {
        if (turn is not null)
        {
            lock (_gate)
            {
                _line.Remove(turn);
            }

            _left.Raise();
        }
    }

    private bool TryTakeWaiting(QueueId id, [NotNullWhen(true)] out MessageContent? content)
    {
        content = null;
        if (_waitingById.TryGetValue(id, out LinkedListNode<(QueueId Id, MessageContent Content, long Since)>? found))
        {
            content = found.Value.Content;
            Remove(found);
        }

        return content is not null;
    }

    private void Remove(LinkedListNode<(QueueId Id, MessageContent Content, long Since)> node)
    {
        _waiting.Remove(node);
        _waitingById.Remove(node.Value.Id);
        _sizeWaiting -= node.Value.Content.Octets.Length;
    }

    private async Task<MessageContent?> ReadAsync(QueueId id) =>
        await store.ReadOctetsAsync(id, CancellationToken.None).ConfigureAwait(false) is { } octets ? MessageContent.From(octets) : null;

    private sealed class Place(Task<MessageContent?> content, long size)
    {
        public Task<MessageContent?> Content => content;

        public long Size => size;

        public int Borrowers { get; set; }
    }
}
