namespace MtaSts.Delivery.Sessions;

/// <summary>What kind of session a message needs.</summary>
internal enum BorrowKind
{
    /// <summary>A kept one that will do, or a fresh one.</summary>
    Any,

    /// <summary>A fresh one: a kept one has just turned out to be dead.</summary>
    Fresh,

    /// <summary>A fresh one without STARTTLS: the one retry after TLS has failed.</summary>
    FreshInClear,
}
