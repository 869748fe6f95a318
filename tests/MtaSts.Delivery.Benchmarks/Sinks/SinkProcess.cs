using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography.X509Certificates;

namespace MtaSts.Delivery.Benchmarks.Sinks;

/// <summary>A sink in a process of its own, which ends with this one: its input ends then.</summary>
internal sealed class SinkProcess : IDisposable
{
    private readonly Process _process;

    private SinkProcess(Process process, X509Certificate2 root, int smtpPort, int policyPort)
    {
        _process = process;
        Root = root;
        Smtp = new IPEndPoint(IPAddress.Loopback, smtpPort);
        Policies = new IPEndPoint(IPAddress.Loopback, policyPort);
    }

    /// <summary>The root of all its certificates.</summary>
    public X509Certificate2 Root { get; }

    public IPEndPoint Smtp { get; }

    public IPEndPoint Policies { get; }

    /// <summary>Starts one.</summary>
    /// <param name="mx">How many MX hosts it plays.</param>
    /// <param name="policyHosts">How many domains' policy hosts it plays.</param>
    /// <param name="verify">Whether it compares each message with its digest.</param>
    public static async Task<SinkProcess> StartAsync(int mx, int policyHosts, bool verify)
    {
        string rootFile = Path.GetTempFileName();
        try
        {
            string self = Environment.ProcessPath!;
            string[] program = Path.GetFileNameWithoutExtension(self) == "dotnet" ? [typeof(SinkProcess).Assembly.Location] : [];
            var start = new ProcessStartInfo(self, [.. program, "sink", mx.ToString(CultureInfo.InvariantCulture), policyHosts.ToString(CultureInfo.InvariantCulture), verify.ToString(), rootFile])
            {
                RedirectStandardInput = true,
                RedirectStandardOutput = true,
            };
            Process process = Process.Start(start)!;
            string line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The sink did not start; its message stands above.");
            int[] ports = [.. line.Split(' ').Select(port => int.Parse(port, CultureInfo.InvariantCulture))];
            return new SinkProcess(process, X509CertificateLoader.LoadCertificateFromFile(rootFile), ports[0], ports[1]);
        }
        finally
        {
            File.Delete(rootFile);
        }
    }

    public async Task<SinkCounts> CountAsync()
    {
        await _process.StandardInput.WriteLineAsync();
        await _process.StandardInput.FlushAsync();
        return SinkCounts.Parse(await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("The sink has ended; its message stands above."));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
        Root.Dispose();
    }
}
