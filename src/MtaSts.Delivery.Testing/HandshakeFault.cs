namespace MtaSts.Delivery.Testing;

/// <summary>How a server spoils the TLS handshake, after it has read the ClientHello.</summary>
public enum HandshakeFault
{
    /// <summary>Answers with bytes that are not TLS, then waits for the client to give up.</summary>
    Garbage,

    /// <summary>Closes the connection with a FIN.</summary>
    Close,

    /// <summary>Stays silent until the client gives up.</summary>
    Stall,

    /// <summary>Chooses TLS 1.1, as a server would that knows nothing newer.</summary>
    OldTls,

    /// <summary>Closes the connection with a reset.</summary>
    Reset,

    /// <summary>Sends the alert <c>handshake_failure</c>.</summary>
    Alert,
}
