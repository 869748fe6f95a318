using System.Runtime.CompilerServices;

namespace MtaSts.Delivery.Testing;

/// <content>The TXT record at _mta-sts. The MX host has a self-signed certificate, which shows whether the policy is in force.</content>
public static partial class Scenarios
{
    /// <summary>The record is good.</summary>
    public static Scenario RecordGood { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The record is good.",
        _ => { },
        PolicyHolds());

    /// <summary>There is no record, though the policy host has a policy.</summary>
    public static Scenario RecordMissing { get; } = PolicyRecord(
        "RFC 8461 §3.1", "There is no record, though the policy host has a policy.",
        dns => dns.Remove(RecordName),
        DeliveredUnverified());

    /// <summary>There are two valid records.</summary>
    public static Scenario RecordTwice { get; } = PolicyRecord(
        "RFC 8461 §3.1", "There are two valid records.",
        dns => dns.AddTxt(RecordName, "v=STSv1; id=2;"),
        DeliveredUnverified());

    /// <summary>Other texts stand beside the record.</summary>
    public static Scenario RecordBesideOtherTexts { get; } = PolicyRecord(
        "RFC 8461 §3.1", "Other texts stand beside the record.",
        dns => dns.AddTxt(RecordName, "v=spf1 -all").AddTxt(RecordName, "v=STSv2; id=2;"),
        PolicyHolds());

    /// <summary>The record is of a version that nobody knows.</summary>
    public static Scenario RecordOfOtherVersion { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The record is of a version that nobody knows.",
        dns => dns.Txt(RecordName, "v=STSv2; id=1"),
        DeliveredUnverified());

    /// <summary>The version of the record is in lower case.</summary>
    public static Scenario RecordVersionInLowerCase { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The version of the record is in lower case.",
        dns => dns.Txt(RecordName, "v=stsv1; id=1"),
        DeliveredUnverified());

    /// <summary>The id stands before the version.</summary>
    public static Scenario RecordVersionNotFirst { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The id stands before the version.",
        dns => dns.Txt(RecordName, "id=1; v=STSv1"),
        DeliveredUnverified());

    /// <summary>The record has no id.</summary>
    public static Scenario RecordWithoutId { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The record has no id.",
        dns => dns.Txt(RecordName, "v=STSv1;"),
        DeliveredUnverified());

    /// <summary>The id is empty.</summary>
    public static Scenario RecordIdEmpty { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The id is empty.",
        dns => dns.Txt(RecordName, "v=STSv1; id="),
        DeliveredUnverified());

    /// <summary>The id has 33 characters.</summary>
    public static Scenario RecordIdTooLong { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The id has 33 characters.",
        dns => dns.Txt(RecordName, $"v=STSv1; id={new string('1', 33)}"),
        DeliveredUnverified());

    /// <summary>The id is a date with dashes.</summary>
    public static Scenario RecordIdWithDashes { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The id is a date with dashes.",
        dns => dns.Txt(RecordName, "v=STSv1; id=2026-01-15"),
        DeliveredUnverified());

    /// <summary>The record ends without a semicolon.</summary>
    public static Scenario RecordWithoutLastSemicolon { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The record ends without a semicolon.",
        dns => dns.Txt(RecordName, "v=STSv1; id=1"),
        PolicyHolds());

    /// <summary>The record has a field that nobody knows.</summary>
    public static Scenario RecordWithExtension { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The record has a field that nobody knows.",
        dns => dns.Txt(RecordName, "v=STSv1; id=1; x-note=hello;"),
        PolicyHolds());

    /// <summary>The record is split into several strings, in the middle of a word.</summary>
    public static Scenario RecordInPieces { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The record is split into several strings, in the middle of a word.",
        dns => dns.Txt(RecordName, "v=STS", "v1; id=", "1;"),
        PolicyHolds());

    /// <summary>The record is reached through an alias.</summary>
    public static Scenario RecordIsAlias { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The record is reached through an alias.",
        dns => dns.Cname(RecordName, "sts.provider.test").Txt("sts.provider.test", "v=STSv1; id=1;"),
        PolicyHolds());

    /// <summary>The look-up of the record ends in SERVFAIL, and no policy is known.</summary>
    public static Scenario RecordLookupServFail { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The look-up of the record ends in SERVFAIL, and no policy is known.",
        dns => dns.ServFail(RecordName),
        DeliveredUnverified());

    /// <summary>Nobody answers the question for the record, and no policy is known.</summary>
    public static Scenario RecordLookupSilent { get; } = PolicyRecord(
        "RFC 8461 §3.1", "Nobody answers the question for the record, and no policy is known.",
        dns => dns.Silent(RecordName),
        DeliveredUnverified());

    /// <summary>The record fits into no datagram; over TCP it is there.</summary>
    public static Scenario RecordLookupTruncated { get; } = PolicyRecord(
        "RFC 8461 §3.1", "The record fits into no datagram; over TCP it is there.",
        dns => dns.Truncate(RecordName),
        PolicyHolds());

    /// <summary>The record stands at the parent domain and not at the recipient's.</summary>
    public static Scenario RecordOfTheParent { get; } = PolicyRecord(
        "RFC 8461 §3.4", "The record stands at the parent domain and not at the recipient's.",
        dns => dns.Remove(RecordName).Txt("_mta-sts.test", "v=STSv1; id=1;"),
        DeliveredUnverified());

    private static Scenario PolicyRecord(string source, string summary, Action<FakeDns> change, ScenarioStep expected, [CallerMemberName] string name = "") =>
        Revealing(ScenarioCategory.PolicyRecord, source, summary, domain => change(domain.Internet.Dns), expected, name);
}
