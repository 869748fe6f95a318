namespace MtaSts.Delivery.Queue.Tests;

/// <summary>What this program does when a test starts it again.</summary>
internal static class Program
{
    public static int Main(string[] arguments) => arguments.Length == 0 ? 2 : 3;
}
