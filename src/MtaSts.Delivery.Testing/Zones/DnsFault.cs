namespace MtaSts.Delivery.Testing.Zones;

/// <summary>How an answer is spoilt.</summary>
internal enum DnsFault
{
    NxDomain,
    NoData,
    ServFail,
    Refused,
    Silent,
    Truncate,
    TruncateEverywhere,
    TruncateWithoutTcp,
    WrongId,
    WrongQuestion,
    WrongSource,
    NotAResponse,
    ForeignOwner,
    Garbage,
    CnameOnly,
}
