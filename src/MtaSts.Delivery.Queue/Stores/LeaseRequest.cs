namespace MtaSts.Delivery.Queue.Stores;

/// <summary>Which deliveries a worker wants.</summary>
/// <param name="Worker">Who asks.</param>
/// <param name="Now">The moment.</param>
/// <param name="Max">How many at most.</param>
/// <param name="MaxPerDestination">How many of one destination may be leased at the same time, by all workers together. It is one while the destination fails. What is leased for an order, or only to tell the sender of the delay, counts, but needs no room.</param>
/// <param name="OnlyOrders">Whether only those are wanted for which there is an order to cancel or drop; otherwise these come first.</param>
public sealed record LeaseRequest(Guid Worker, DateTimeOffset Now, int Max, int MaxPerDestination, bool OnlyOrders = false);
