using MtaSts.Delivery.Dane;
using MtaSts.Delivery.Names;
using MtaSts.Delivery.Policies;
using MtaSts.Delivery.Sessions;
using MtaSts.Delivery.Tls;

namespace MtaSts.Delivery;

/// <summary>What the hosts of one domain are to be given, and what must hold before they are.</summary>
/// <param name="Content">The message.</param>
/// <param name="Sender">The reverse-path; <see langword="null"/> for the null one.</param>
/// <param name="Domain">The recipients' domain, as text.</param>
/// <param name="Recipients">The recipients, all in one domain.</param>
/// <param name="Policy">The policy in force, or <see langword="null"/>.</param>
/// <param name="Demand">What this sender demands by itself, or <see langword="null"/>.</param>
/// <param name="PolicyDomain">Under which domain sessions are reported; <see langword="null"/> when they are not.</param>
/// <param name="Dsn">What the sender wishes to be told; <see langword="null"/> when nothing was said.</param>
/// <param name="Dane">The way to the hosts as DANE sees it; <see langword="null"/> when hosts are not held to TLSA records.</param>
internal sealed record HostWork(
    MessageContent Content, EnvelopeAddress? Sender, string Domain, IReadOnlyList<EnvelopeAddress> Recipients, StsPolicy? Policy, TlsDemand? Demand, DomainName? PolicyDomain, DsnWishes? Dsn,
    DaneRoute? Dane);
