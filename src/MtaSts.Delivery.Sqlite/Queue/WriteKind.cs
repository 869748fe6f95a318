namespace MtaSts.Delivery.Sqlite.Queue;

/// <summary>What a change is about.</summary>
internal enum WriteKind
{
    /// <summary>What became of mail, or an order.</summary>
    Outcome,

    /// <summary>New mail, for which the room that is kept to write down outcomes is not there.</summary>
    Mail,

    /// <summary>A lease or a sign of life: others must see it, but it need not outlive the end of the power, after which nobody works any more.</summary>
    Lease,
}
