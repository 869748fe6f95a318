namespace MtaSts.Delivery.Tests;

/// <summary>Where the checkout that this test was built from lies.</summary>
internal static class Repository
{
    public static string Root { get; } = FindRoot();

    public static string PathTo(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>The text of a file, with the line ends of a string in C#, however it was checked out.</summary>
    public static string Text(params string[] parts) => File.ReadAllText(PathTo(parts)).ReplaceLineEndings("\n");

    /// <summary>What stands in a test between two lines that say README, as it stands in the README.</summary>
    public static string Example(params string[] test) =>
        string.Join('\n', Text(test).Split("        // README\n")[1].Split('\n').Select(line => line.Length >= 8 ? line[8..] : line)).Trim();

    /// <summary>The C# files below a folder, without what the build made.</summary>
    public static IEnumerable<string> Sources(params string[] folder) =>
        Directory.EnumerateFiles(PathTo(folder), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"))
            .Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "MtaSts.Delivery.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("MtaSts.Delivery.sln is not above this program; run it from a checkout.");
    }
}
