using System.Net;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery.Sessions;

/// <summary>Somebody who waits for a session with an address of a host; or, where its result is <see langword="null"/>, for a place to open one.</summary>
internal sealed class SessionWaiter(PooledHost host, IPAddress address, TlsRequirement requirement, BorrowKind kind)
    : TaskCompletionSource<SessionOpening?>(TaskCreationOptions.RunContinuationsAsynchronously)
{
    public PooledHost Host { get; } = host;

    public IPAddress Address { get; } = address;

    public TlsRequirement Requirement { get; } = requirement;

    public BorrowKind Kind { get; } = kind;
}
