using System.Text;
using System.Text.Json;
using MtaSts.Delivery.Testing;

namespace MtaSts.Delivery.Cli.Tests;

/// <summary>One run of the tool in this process.</summary>
internal sealed record Ran(int Code, string Out, string Error)
{
    /// <summary>The lines of standard output.</summary>
    public string[] Lines => Out.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>The JSON objects of standard output, one a line.</summary>
    public JsonElement[] Objects => [.. Lines.Select(line => JsonDocument.Parse(line).RootElement)];

    /// <summary>The codes of all findings on standard output.</summary>
    public string[] Codes => [.. Objects.SelectMany(one => one.GetProperty("findings").EnumerateArray()).Select(finding => finding.GetProperty("code").GetString()!)];

    /// <summary>Runs without a network.</summary>
    public static Task<Ran> ToolAsync(params string[] args) => ToolAsync(null, [], args);

    /// <summary>Runs with something on standard input.</summary>
    public static Task<Ran> WithInputAsync(string input, params string[] args) => ToolAsync(null, Encoding.UTF8.GetBytes(input), args);

    /// <summary>Runs in a fake internet.</summary>
    public static Task<Ran> InAsync(FakeInternet internet, params string[] args) => ToolAsync(internet, [], args);

    /// <summary>Runs in a fake internet with further changes to the options.</summary>
    public static Task<Ran> InAsync(FakeInternet internet, Action<MailDelivererOptions> configure, params string[] args) => ToolAsync(internet, [], args, configure);

    public static async Task<Ran> ToolAsync(FakeInternet? internet, byte[] input, string[] args, Action<MailDelivererOptions>? configure = null, CancellationToken cancellationToken = default)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        var around = new Surroundings(new MemoryStream(input), output, error, internet?.Clock ?? TimeProvider.System)
        {
            Configure = options =>
            {
                internet?.Configure(options);
                configure?.Invoke(options);
            },
        };
        int code = await Tool.RunAsync(args, around, cancellationToken);
        return new Ran(code, output.ToString(), error.ToString());
    }
}
