namespace MtaSts.Delivery.Cli.Tests;

/// <summary>A folder for one test, gone with it.</summary>
internal sealed class TestFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("mta-sts-test.");

    public string Path => _folder.FullName;

    public string File(string name, string text) => File(name, System.Text.Encoding.UTF8.GetBytes(text));

    public string File(string name, byte[] octets)
    {
        string path = System.IO.Path.Combine(Path, name);
        System.IO.File.WriteAllBytes(path, octets);
        return path;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
