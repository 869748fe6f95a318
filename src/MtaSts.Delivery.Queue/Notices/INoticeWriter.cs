using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Notices;

/// <summary>Writes notices to senders. RFC 3464.</summary>
/// <remarks>The queue decides who is told what and when, sends the notice from the null reverse-path, and never asks for one about a notice.
/// A writer that throws is a fault that is logged, and the notice goes out in the plainest form.</remarks>
public interface INoticeWriter
{
    /// <summary>Writes the notice. It is pure: called again for the same request after a crash, of which only one notice goes out.</summary>
    /// <param name="request">What it has to say.</param>
    MessageContent Write(NoticeRequest request);
}
