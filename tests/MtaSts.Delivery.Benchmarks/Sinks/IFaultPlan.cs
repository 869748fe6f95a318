namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>What a sink does wrong, and who is told what it accepted in spite of it.</summary>
internal interface IFaultPlan
{
    /// <summary>Begins the story of one connection.</summary>
    ISessionFaults Begin();
}
