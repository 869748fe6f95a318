using System.Text.Json.Serialization;

namespace MtaSts.Delivery.Tls;

/// <summary>What a requirement makes of an observation.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Proceed), "proceed")]
[JsonDerivedType(typeof(RetryInClear), "retryInClear")]
[JsonDerivedType(typeof(Refuse), "refuse")]
public abstract record TlsVerdict
{
    private TlsVerdict(IReadOnlyList<TlsFailure> failures) => Failures = failures;

    /// <summary>What failed, each once; also where mail goes on all the same (mode testing).</summary>
    public IReadOnlyList<TlsFailure> Failures { get; }

    /// <summary>Mail may be handed over on this connection.</summary>
    public sealed record Proceed(IReadOnlyList<TlsFailure> Failures) : TlsVerdict(Failures);

    /// <summary>Mail may be handed over, but this connection is spoilt: once more on a new one, in clear text. RFC 7435 §4.</summary>
    public sealed record RetryInClear(IReadOnlyList<TlsFailure> Failures) : TlsVerdict(Failures);

    /// <summary>No mail to this host. RFC 8461 §5.</summary>
    public sealed record Refuse(IReadOnlyList<TlsFailure> Failures) : TlsVerdict(Failures);
}
