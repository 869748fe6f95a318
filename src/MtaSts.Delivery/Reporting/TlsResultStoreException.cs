namespace MtaSts.Delivery.Reporting;

/// <summary>A store of TLS results could not be read or written.</summary>
public sealed class TlsResultStoreException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">Which store, what went wrong, and what to do.</param>
    /// <param name="innerException">What the store's library said.</param>
    public TlsResultStoreException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
