namespace MtaSts.Delivery.Testing;

/// <summary>What a scenario is about.</summary>
public enum ScenarioCategory
{
    /// <summary>What DNS says about domain and hosts.</summary>
    Dns,

    /// <summary>Which hosts there are, and which of them work.</summary>
    Route,

    /// <summary>The TXT record at <c>_mta-sts</c>.</summary>
    PolicyRecord,

    /// <summary>Fetching the policy.</summary>
    PolicyFetch,

    /// <summary>The text of the policy.</summary>
    PolicyText,

    /// <summary>Policies that change, end or vanish between two deliveries.</summary>
    PolicyOverTime,

    /// <summary>The STARTTLS command.</summary>
    StartTls,

    /// <summary>The TLS handshake.</summary>
    Handshake,

    /// <summary>The MX host's certificate.</summary>
    Certificate,

    /// <summary>A fault in a phase of the SMTP session.</summary>
    SmtpPhase,

    /// <summary>Replies of unusual shape.</summary>
    SmtpReply,

    /// <summary>Extensions that are offered or not, before TLS and under it.</summary>
    Capability,

    /// <summary>Several recipients with different answers.</summary>
    Recipient,

    /// <summary>Several domains on one MX host.</summary>
    SharedHost,

    /// <summary>TLSA records, for a sender with DANE. RFC 7672.</summary>
    Dane,
}
