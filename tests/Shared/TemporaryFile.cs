namespace MtaSts.Delivery.Tests;

/// <summary>A path in a directory of its own, which goes with it.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("mta-sts-");

    public string Path => System.IO.Path.Combine(_directory.FullName, "mta-sts.db");

    public string[] Neighbours => [.. _directory.GetFiles().Select(file => file.Name).Order()];

    public void Dispose() => _directory.Delete(recursive: true);
}
