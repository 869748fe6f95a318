namespace MtaSts.Delivery.Outcomes;

/// <summary>What a failure means for the mail.</summary>
public enum FailureClass
{
    /// <summary>It is told, and mail goes on.</summary>
    Noted,

    /// <summary>The mail is worth another try later: 4yz.</summary>
    Temporary,

    /// <summary>Another try would end the same way: 5yz.</summary>
    Permanent,
}
