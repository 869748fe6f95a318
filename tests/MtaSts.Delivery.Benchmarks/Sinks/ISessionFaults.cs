using System.Net.Security;

namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>The faults of one connection, asked for in the order of what happens on it.</summary>
internal interface ISessionFaults
{
    /// <summary>Whether STARTTLS is offered to this client, whose connection is in clear text.</summary>
    bool OffersStartTls { get; }

    /// <summary>Chooses the certificate for this session.</summary>
    SslStreamCertificateContext Certificate();

    /// <summary>What to do at a point.</summary>
    SinkFault At(SinkPoint point);

    /// <summary>The sink takes responsibility for a message: whatever happens to the reply, it is here now.</summary>
    void Accepted(long id, IReadOnlyList<string> recipients, bool isIntact);
}
