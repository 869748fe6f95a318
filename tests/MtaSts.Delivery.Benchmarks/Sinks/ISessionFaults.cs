namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>The faults of one connection, asked for in the order of what happens on it.</summary>
internal interface ISessionFaults
{
    /// <summary>Whether STARTTLS is offered to this client, whose connection is in clear text.</summary>
    bool OffersStartTls { get; }

    /// <summary>The TLS session has begun.</summary>
    /// <param name="name">The name that the client asked for.</param>
    void Shaken(string name);

    /// <summary>What to do at a point.</summary>
    SinkFault At(SinkPoint point);

    /// <summary>The sink takes responsibility for a message: whatever happens to the reply, it is here now.</summary>
    void Accepted(long id, IReadOnlyList<string> recipients, bool isIntact);
}
