namespace MtaSts.Delivery.Reporting;

/// <summary>Is told of every session's TLS result, as it ends. RFC 8460 §4.2.</summary>
/// <remarks>Called on the way of the mail and from several threads: an implementation counts and returns, and does not throw.</remarks>
public interface ITlsResultSink
{
    /// <summary>Takes the result of one session.</summary>
    void Record(in TlsSessionResult result);
}
