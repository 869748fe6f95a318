using MtaSts.Delivery.Routing;

namespace MtaSts.Delivery.Sessions;

/// <summary>A host as the sessions with it are counted: by its name, or its literal in brackets, and its port.</summary>
internal readonly record struct HostKey(string Name, int Port)
{
    public static HostKey Of(MxCandidate candidate) => new(candidate.Name, candidate.Port);
}
