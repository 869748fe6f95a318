namespace IntegrationHarness;

/// <summary>What the person who signs up is told.</summary>
public enum SignUpState
{
    /// <summary>The mail is on its way: look into your mailbox.</summary>
    CheckYourMailbox,

    /// <summary>The mail waits and is tried again: it may take a while.</summary>
    HaveSomePatience,

    /// <summary>Mail to this address does not arrive: correct it.</summary>
    CorrectTheAddress,
}
