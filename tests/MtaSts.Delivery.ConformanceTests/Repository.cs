namespace MtaSts.Delivery.ConformanceTests;

/// <summary>Where the checkout that this test was built from lies.</summary>
internal static class Repository
{
    public static string PathTo(params string[] parts) => Path.Combine([Root(), .. parts]);

    private static string Root()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "MtaSts.Delivery.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("MtaSts.Delivery.sln is not above the test's folder; run the tests from a checkout.");
    }
}
