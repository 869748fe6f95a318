namespace MtaSts.Delivery.Testing;

/// <summary>Who said a line.</summary>
public enum SmtpDirection
{
    /// <summary>The sender.</summary>
    Client,

    /// <summary>The MX host.</summary>
    Server,
}
