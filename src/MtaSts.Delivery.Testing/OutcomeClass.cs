namespace MtaSts.Delivery.Testing;

/// <summary>What became of a message for one recipient.</summary>
public enum OutcomeClass
{
    /// <summary>An MX host took responsibility for it.</summary>
    Delivered,

    /// <summary>It was not delivered, and is to be tried again.</summary>
    Deferred,

    /// <summary>It was not delivered, and will not be.</summary>
    Failed,
}
