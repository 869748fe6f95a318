using System.Collections.Concurrent;
using System.Text;
using MtaSts.Delivery.Queue.Notices;
using MtaSts.Delivery.Sessions;

namespace MtaSts.Delivery.Queue.Tests;

/// <summary>Writes notices of one line, and remembers what they were to say.</summary>
internal sealed class RecordingNoticeWriter : INoticeWriter
{
    public ConcurrentQueue<NoticeRequest> Requests { get; } = new();

    /// <summary>Whether it fails.</summary>
    public bool Fails { get; set; }

    public MessageContent Write(NoticeRequest request)
    {
        Requests.Enqueue(request);
        return Fails
            ? throw new InvalidOperationException("no notice")
            : MessageContent.From(Encoding.UTF8.GetBytes($"Subject: {request.Action} {request.Id} {string.Join(' ', request.Recipients.Select(one => one.Address))}\r\n\r\n{request.Recipients[0].LastAttempt?.Explanation}\r\n"));
    }
}
