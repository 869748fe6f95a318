using System.Text.Json.Serialization;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Outcomes;

/// <summary>What became of the message for one recipient: exactly one of three.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "outcome")]
[JsonDerivedType(typeof(Delivered), "delivered")]
[JsonDerivedType(typeof(Deferred), "deferred")]
[JsonDerivedType(typeof(Failed), "failed")]
public abstract record RecipientOutcome
{
    private RecipientOutcome(EnvelopeAddress recipient, EnhancedStatus status, string? mxHost, SmtpReply? reply, string explanation)
    {
        Recipient = recipient;
        Status = status;
        MxHost = mxHost;
        Reply = reply;
        _explanation = explanation;
    }

    private string? _explanation;

    /// <summary>The recipient.</summary>
    [JsonPropertyOrder(-5)]
    public EnvelopeAddress Recipient { get; }

    /// <summary>The enhanced status: the server's, or one from <see cref="FailureTable"/>. RFC 3463.</summary>
    [JsonPropertyOrder(-4)]
    public EnhancedStatus Status { get; }

    /// <summary>The host that the outcome comes from; <see langword="null"/> when it came to none.</summary>
    [JsonPropertyOrder(-3)]
    public string? MxHost { get; }

    /// <summary>The server's reply behind the outcome, if there was one.</summary>
    [JsonPropertyOrder(-2)]
    public SmtpReply? Reply { get; }

    /// <summary>What happened and why, in words for a person.</summary>
    [JsonPropertyOrder(-1)]
    public string Explanation { get => _explanation ??= Telling!(); internal init => _explanation = value; }

    /// <summary>Puts the explanation into words when somebody reads it: of mail that was delivered hardly anybody does.</summary>
    internal Func<string>? Telling { get; init => (field, _explanation) = (value, null); }

    /// <summary>A server took responsibility for the message.</summary>
    public sealed record Delivered(EnvelopeAddress Recipient, EnhancedStatus Status, string? MxHost, SmtpReply? Reply, string Explanation, bool IsEncrypted, bool IsVerified)
        : RecipientOutcome(Recipient, Status, MxHost, Reply, Explanation)
    {
        /// <summary>Whether the server knows DSN and was given the sender's wishes, so that telling of success is its part now. RFC 3461 §5.2.1.</summary>
        public bool NoticesPassedOn { get; init; }
    }

    /// <summary>The message was not delivered, and another try is worth it, not before <paramref name="RetryAfter"/> has passed. RFC 5321 §4.5.4.1.</summary>
    public sealed record Deferred(
        EnvelopeAddress Recipient, EnhancedStatus Status, string? MxHost, SmtpReply? Reply, string Explanation,
        FailureCode Failure, DeliveryStage Stage, string Advice, bool MayHaveBeenDelivered, TimeSpan RetryAfter)
        : RecipientOutcome(Recipient, Status, MxHost, Reply, Explanation);

    /// <summary>The message was not delivered, and another try would end the same way.</summary>
    public sealed record Failed(
        EnvelopeAddress Recipient, EnhancedStatus Status, string? MxHost, SmtpReply? Reply, string Explanation,
        FailureCode Failure, DeliveryStage Stage, string Advice)
        : RecipientOutcome(Recipient, Status, MxHost, Reply, Explanation);
}
