namespace MtaSts.Delivery.Queue.Working;

/// <summary>Who works on the queue in this process while it runs.</summary>
internal sealed record QueueRun(WorkerLife Life, QueueWorker Worker, EventTeller? Teller);
