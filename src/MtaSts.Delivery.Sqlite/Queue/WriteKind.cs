namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>What a change is about.</summary>
internal enum WriteKind
{
    /// <summary>What became of mail, or an order.</summary>
    Outcome,

    /// <summary>New mail, for which the room that is kept to write down outcomes is not there.</summary>
    Mail,

    /// <summary>A lease: others must see it, but it need not outlive the end of the power, after which nobody works any more.</summary>
    Lease,

    /// <summary>A sign of life: the same, and before all that waits, as leases are held by it.</summary>
    Beat,
}
