namespace MtaSts.Delivery.Policies;

/// <summary>What is to be done about a cached policy that has come due.</summary>
internal enum RefreshStep
{
    /// <summary>Fetch it.</summary>
    Refresh,

    /// <summary>Let it expire: nobody asks for it, or it has expired already.</summary>
    Leave,

    /// <summary>Take it out of the store: it expired long ago.</summary>
    Forget,
}
