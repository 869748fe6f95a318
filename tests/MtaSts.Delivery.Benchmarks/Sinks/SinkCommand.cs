using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using MtaSts.Delivery.Benchmarks.Load;

namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>The sink's own process: <c>sink MX DOMAINS VERIFY ROOT-FILE</c>. It says its ports, answers each line with its counts, and ends with its input.</summary>
internal static class SinkCommand
{
    public static async Task RunAsync(string[] args)
    {
        int mx = int.Parse(args[0], CultureInfo.InvariantCulture);
        int domains = int.Parse(args[1], CultureInfo.InvariantCulture);
        using var authority = new TestAuthority();
        ConcurrentDictionary<string, SslStreamCertificateContext> certificates = new();
        foreach (string name in Enumerable.Range(0, mx).Select(LoadWorld.MxName).Concat(Enumerable.Range(0, domains).Select(LoadWorld.PolicyHostName)))
        {
            certificates[name] = authority.Issue(name);
        }

        using var sink = new SmtpSink(name => certificates[name], bool.Parse(args[2]));
        using var policies = new PolicyHost(name => certificates[name], name => LoadWorld.PolicyText(LoadWorld.NumberOf(name), mx));
        sink.Start();
        policies.Start();
        await File.WriteAllBytesAsync(args[3], authority.Root.Export(X509ContentType.Cert));
        Console.WriteLine($"{sink.EndPoint.Port} {policies.EndPoint.Port}");
        while (await Console.In.ReadLineAsync() is not null)
        {
            Console.WriteLine(sink.Count(policies.Served).ToLine());
        }
    }
}
