using System.Diagnostics;

namespace MtaSts.Delivery.Tests;

/// <summary>The program of the tests once more, to be killed.</summary>
internal static class VictimProcess
{
    public static Process Start(params string[] arguments)
    {
        string host = Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath! : "dotnet";
        return Process.Start(new ProcessStartInfo(host, ["exec", typeof(VictimProcess).Assembly.Location, .. arguments]) { RedirectStandardOutput = true })!;
    }
}
