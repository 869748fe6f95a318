namespace MtaSts.Delivery.Reporting;

/// <summary>What one writer counted since its last batch, to be added to what a store has.</summary>
/// <param name="Writer">Who counted: new for each collector that is started.</param>
/// <param name="Number">The batch's number: 1, 2, 3 … for each writer, who saves the next only when this one is saved.</param>
/// <param name="Time">When the batch was made.</param>
/// <param name="Results">The counts to add.</param>
public sealed record TlsResultBatch(Guid Writer, long Number, DateTimeOffset Time, IReadOnlyList<TlsResultCounts> Results);
