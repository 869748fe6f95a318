using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Policies;

/// <summary>Keeps policies where a restart does not end them. RFC 8461 §10.2.</summary>
/// <remarks>
/// <para>A store keeps and finds; it judges nothing: whether a policy still holds, is to be refreshed or forgotten is decided by its caller. Every
/// member may be called from several threads, and several programs may share one store: each reads an entry before it writes one, and leaves a later fetch alone.</para>
/// <para>What went wrong is a <see cref="PolicyStoreException"/>. Mail is then decided by what is in memory, and the store is tried again.
/// <c>PolicyStoreContract</c> in the package MtaSts.Delivery.Testing holds a store to all this.</para>
/// </remarks>
public interface IPolicyStore
{
    /// <summary>All entries, in any order. One that cannot be read is left out.</summary>
    /// <exception cref="PolicyStoreException">The store cannot be read.</exception>
    IAsyncEnumerable<StoredPolicy> ReadAllAsync(CancellationToken cancellationToken);

    /// <summary>The entry of a domain, or <see langword="null"/>.</summary>
    /// <exception cref="PolicyStoreException">The store cannot be read.</exception>
    ValueTask<StoredPolicy?> FindAsync(DomainName domain, CancellationToken cancellationToken);

    /// <summary>Keeps entries, each wholesale in place of the one before. When the task ends, they survive the end of the process.</summary>
    /// <exception cref="PolicyStoreException">None of them is certain to be kept.</exception>
    Task SaveAsync(IReadOnlyCollection<StoredPolicy> policies, CancellationToken cancellationToken);

    /// <summary>Forgets the entries of domains; those without one do not matter.</summary>
    /// <exception cref="PolicyStoreException">None of them is certain to be forgotten.</exception>
    Task RemoveAsync(IReadOnlyCollection<DomainName> domains, CancellationToken cancellationToken);
}
