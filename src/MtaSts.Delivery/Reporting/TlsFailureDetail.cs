using System.Net;

namespace MtaSts.Delivery.Reporting;

/// <summary>One kind of failure, as it is counted; what is not known is left out. RFC 8460 §4.4.</summary>
/// <param name="ResultType">One of <see cref="TlsResultTypes"/>.</param>
/// <param name="ReasonCode">What exactly failed: a short token of our own.</param>
/// <param name="SendingIp">The address on this side.</param>
/// <param name="MxHost">The MX host's name, from the MX record.</param>
/// <param name="Helo">The name that the server gave itself, cleaned.</param>
/// <param name="ReceivingIp">The address that was connected to.</param>
public readonly record struct TlsFailureDetail(string ResultType, string ReasonCode, IPAddress? SendingIp = null, string? MxHost = null, string? Helo = null, IPAddress? ReceivingIp = null);
