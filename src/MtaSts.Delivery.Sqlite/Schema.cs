namespace MtaSts.Delivery.Sqlite;

/// <summary>How a component's tables came to be, step by step.</summary>
/// <param name="Component">The component, as the table <c>schema</c> knows it.</param>
/// <param name="Migrations">The SQL that leads from each version to the next; the first from nothing to version 1. Never changed once released.</param>
internal sealed record Schema(string Component, IReadOnlyList<string> Migrations);
