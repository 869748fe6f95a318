using Microsoft.Extensions.Logging;
using MtaSts.Delivery.Sqlite;

namespace MtaSts.Delivery.Cli.Commands;

/// <summary>Tells the user, in one line, what the store had to do about a damaged file.</summary>
/// <param name="path">The file.</param>
/// <param name="error">Where it is told.</param>
internal sealed class StoreNotes(string path, TextWriter error) : ILogger<SqlitePolicyStore>
{
    // The store's own stable ids.
    private const int Damaged = 101;
    private const int NothingSaved = 102;
    private const int Saved = 103;
    private const int Unreadable = 104;

    private string _aside = "";

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        switch (eventId.Id)
        {
            case Damaged:
                _aside = Value(state, "Aside");
                break;
            case NothingSaved:
                error.WriteLine($"{path} was damaged and is set aside as {_aside}; nothing could be saved from it.");
                break;
            case Saved:
                error.WriteLine($"{path} was damaged and is set aside as {_aside}; policies saved from it: {Value(state, "Count")}.");
                break;
            case Unreadable:
                error.WriteLine($"{path}: policies that cannot be read and are left out: {Value(state, "Count")}.");
                break;
        }
    }

    private static string Value<TState>(TState state, string name) =>
        (state as IReadOnlyList<KeyValuePair<string, object?>>)?.FirstOrDefault(one => one.Key == name).Value?.ToString() ?? "";
}
