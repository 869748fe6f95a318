using MtaSts.Delivery.Names;

namespace MtaSts.Delivery.Reporting;

/// <summary>The policy that sessions are counted under; another text is another policy, so that a change at noon gives two entries. RFC 8460 §4.4.</summary>
/// <param name="Type">The kind of policy.</param>
/// <param name="Domain">The domain of the policy: the recipient's or the smart host's.</param>
/// <param name="Text">The policy as it was fetched, or the TLSA records one a line; empty where there is none.</param>
public readonly record struct TlsPolicyKey(TlsPolicyType Type, DomainName Domain, string Text);
