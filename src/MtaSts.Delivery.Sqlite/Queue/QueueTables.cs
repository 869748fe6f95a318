namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>The tables of a queue. Moments are ticks (100 ns) since 0001-01-01 UTC.</summary>
internal static class QueueTables
{
    /// <summary>How many bits of a delivery's number tell it from the others of its message.</summary>
    public const int PartBits = 20;

    /// <summary>The numbers that the deliveries of a message can have, and the pieces of its content.</summary>
    public static (long First, long Last) Range(long message) => (message << PartBits, (message << PartBits) | ((1L << PartBits) - 1));

    public static Schema Schema { get; } = new("queue",
    [
        """
        CREATE TABLE queue_messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            sender TEXT,                    -- NULL: the null reverse-path
            envelope_id TEXT,
            ret INTEGER,
            size INTEGER NOT NULL,
            priority INTEGER NOT NULL,
            tag TEXT,
            is_notice INTEGER NOT NULL,
            wants_events INTEGER NOT NULL,
            arrived INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            parts INTEGER NOT NULL,         -- deliveries it ever had
            open INTEGER NOT NULL           -- deliveries that are not finished
        ) STRICT;
        -- In pieces; numbered as deliveries are.
        CREATE TABLE queue_bodies (id INTEGER PRIMARY KEY, octets BLOB NOT NULL) STRICT;
        CREATE TABLE queue_deliveries (
            id INTEGER PRIMARY KEY,         -- the message's number and, in the lower 20 bits, its own
            destination TEXT NOT NULL,
            priority INTEGER NOT NULL,
            next_at INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            attempts INTEGER NOT NULL,
            held INTEGER NOT NULL,
            blocked INTEGER NOT NULL,       -- waits because of its destination
            delayed_at INTEGER,             -- when the sender is told of the delay; NULL: it was, or is not to be
            task INTEGER,                   -- 3 cancel, 4 drop
            reason TEXT,
            worker INTEGER,                 -- who has it leased
            lease INTEGER NOT NULL          -- how often it was
        ) STRICT;
        CREATE INDEX queue_waiting ON queue_deliveries (destination, priority, next_at) WHERE worker IS NULL AND held = 0 AND task IS NULL;
        CREATE INDEX queue_expiring ON queue_deliveries (expires) WHERE worker IS NULL AND held = 0 AND task IS NULL;
        CREATE INDEX queue_delayed ON queue_deliveries (delayed_at) WHERE worker IS NULL AND held = 0 AND task IS NULL AND delayed_at IS NOT NULL;
        CREATE INDEX queue_tasks ON queue_deliveries (id) WHERE worker IS NULL AND task IS NOT NULL;
        CREATE INDEX queue_leased ON queue_deliveries (worker) WHERE worker IS NOT NULL;
        CREATE INDEX queue_held ON queue_deliveries (id) WHERE held = 1;
        -- Those who wait because of a destination, among all who wait for it.
        CREATE INDEX queue_blocked ON queue_deliveries (destination, priority) WHERE blocked = 1;
        CREATE TABLE queue_recipients (
            delivery INTEGER NOT NULL,
            ordinal INTEGER NOT NULL,       -- its place in the envelope
            address TEXT NOT NULL,
            notify INTEGER,                 -- NULL: the sender wished nothing
            original TEXT,
            state INTEGER NOT NULL,         -- 0 open, otherwise how it ended
            attempts INTEGER NOT NULL,
            attempt TEXT,                   -- the last one, as JSON
            PRIMARY KEY (delivery, ordinal)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE queue_destinations (
            name TEXT PRIMARY KEY NOT NULL,
            leased INTEGER NOT NULL,
            failures INTEGER NOT NULL,
            not_before INTEGER,
            attempt TEXT
        ) STRICT, WITHOUT ROWID;
        -- When each destination has something for each priority: so that what is due is found at once, however much waits.
        CREATE TABLE queue_lanes (priority INTEGER NOT NULL, destination TEXT NOT NULL, ready_at INTEGER NOT NULL, PRIMARY KEY (priority, destination)) STRICT, WITHOUT ROWID;
        CREATE INDEX queue_ready ON queue_lanes (priority, ready_at);
        CREATE TABLE queue_workers (id INTEGER PRIMARY KEY AUTOINCREMENT, worker TEXT UNIQUE NOT NULL, beats INTEGER NOT NULL) STRICT;
        CREATE TABLE queue_clock (id INTEGER PRIMARY KEY CHECK (id = 0), last_seen INTEGER, shifts INTEGER NOT NULL, last_shift INTEGER NOT NULL) STRICT;
        INSERT INTO queue_clock VALUES (0, NULL, 0, 0);
        CREATE TABLE queue_events (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            message INTEGER NOT NULL,
            tag TEXT,
            sender TEXT,
            recipient TEXT NOT NULL,
            state INTEGER NOT NULL,
            at INTEGER NOT NULL,
            attempt TEXT
        ) STRICT;
        """,
    ]);
}
