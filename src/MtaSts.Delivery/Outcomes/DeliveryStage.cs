namespace MtaSts.Delivery.Outcomes;

/// <summary>Where on the straight line a delivery ended.</summary>
public enum DeliveryStage
{
    /// <summary>The message itself cannot be sent.</summary>
    Message,

    /// <summary>Finding the hosts that take mail for the domain.</summary>
    Routing,

    /// <summary>Finding the domain's policy, or matching MX hosts against it.</summary>
    Policy,

    /// <summary>TLS with the MX host.</summary>
    Tls,

    /// <summary>The connection and the SMTP session.</summary>
    Session,

    /// <summary>The server's answer to envelope or message.</summary>
    Transaction,
}
