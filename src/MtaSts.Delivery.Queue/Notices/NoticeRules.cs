using MtaSts.Delivery.Outcomes;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>Who is told what. RFC 3461 §5.2.</summary>
internal static class NoticeRules
{
    /// <summary>Whether the sender is told that the mail failed: unless it wished otherwise. RFC 3461 §5.2.6.</summary>
    public static bool TellsFailure(RecipientDsn? wishes) => wishes is null or { Notify: DsnNotify.None } || wishes.Notify.HasFlag(DsnNotify.Failure);

    /// <summary>Whether the sender is told that the mail is delayed: not when it wished for others and not for this. RFC 3461 §5.2.5.</summary>
    public static bool TellsDelay(RecipientDsn? wishes) => wishes is null or { Notify: DsnNotify.None } || wishes.Notify.HasFlag(DsnNotify.Delay);

    /// <summary>Whether the sender is told that the mail went to a server that will tell no more: when it wished for success. RFC 3461 §5.2.2.</summary>
    public static bool TellsRelayed(RecipientDsn? wishes, RecipientOutcome? outcome) =>
        wishes is not null && wishes.Notify.HasFlag(DsnNotify.Success) && outcome is RecipientOutcome.Delivered { NoticesPassedOn: false };

    /// <summary>Whether the sender can be told anything: never about a notice, and never the null reverse-path. RFC 3461 §5.2, RFC 5321 §6.1.</summary>
    public static bool CanBeTold(Names.EnvelopeAddress? sender, bool isNotice) => sender is not null && !isNotice;
}
