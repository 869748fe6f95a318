namespace MtaSts.Delivery.Queue.Tests;

/// <summary>What this program does when a test starts it again.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] arguments) => arguments is ["victim", .. { Length: 5 } rest] ? await Victim.RunAsync(rest) : 2;
}
