using MtaSts.Delivery.Queue.Stores;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue;

/// <summary>The messages under way: each is read once for all its deliveries, and all together stay within bounds.</summary>
internal sealed class ContentShelf(IQueueStore store, long maxSize)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<QueueId, Place> _places = [];
    private readonly Signal _left = new();
    private long _size;

    /// <summary>Takes a message off the shelf, waiting for room; it must be given back.</summary>
    /// <returns>The message; <see langword="null"/> when the store does not have it any more.</returns>
    public async Task<MessageContent?> BorrowAsync(QueueId id, long size, CancellationToken cancellationToken)
    {
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
                else if (_size == 0 || _size + size <= maxSize)
                {
                    place = new Place(ReadAsync(id), size) { Borrowers = 1 };
                    _places.Add(id, place);
                    _size += size;
                }
            }

            if (place is null)
            {
                await next.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

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
            // It is there already where another process has had it before, and it was read.
            if (_size + content.Octets.Length <= maxSize && _places.TryAdd(id, new Place(Task.FromResult<MessageContent?>(content), content.Octets.Length)))
            {
                _size += content.Octets.Length;
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

    private async Task<MessageContent?> ReadAsync(QueueId id) =>
        await store.ReadOctetsAsync(id, CancellationToken.None).ConfigureAwait(false) is { } octets ? MessageContent.From(octets) : null;

    private sealed class Place(Task<MessageContent?> content, long size)
    {
        public Task<MessageContent?> Content => content;

        public long Size => size;

        public int Borrowers { get; set; }
    }
}
