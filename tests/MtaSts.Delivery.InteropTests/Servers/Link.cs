using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace MtaSts.Delivery.InteropTests.Servers;

/// <summary>
/// <c>link --ends NAME NAME</c>: a cable between two interfaces that it makes, which delays and loses packets as the kernel's netem would; the kernels at both ends
/// know nothing of it. <c>DELAY-MILLISECONDS LOSS-PERCENT</c> on standard input changes it; each line is answered by <c>ok</c>.
/// </summary>
internal sealed partial class Link
{
    private const uint SetInterface = 0x400454ca; // TUNSETIFF
    private const short Tun = 0x0001, NoPacketInfo = 0x1000;

    private readonly Lock _lock = new();
    private readonly Random _chance = new(8461);
    private TimeSpan _delay;
    private double _loss;

    public static async Task<int> RunAsync(Arguments arguments, CancellationToken cancellationToken)
    {
        var link = new Link();
        using SafeFileHandle left = Open(arguments.All("--ends")[0]);
        using SafeFileHandle right = Open(arguments.All("--ends")[1]);
        link.Carry(left, right);
        link.Carry(right, left);
        Console.WriteLine("ok");
        while (await Console.In.ReadLineAsync(cancellationToken) is { } line)
        {
            string[] words = line.Split(' ');
            lock (link._lock)
            {
                link._delay = TimeSpan.FromMilliseconds(double.Parse(words[0], CultureInfo.InvariantCulture));
                link._loss = double.Parse(words[1], CultureInfo.InvariantCulture) / 100;
            }

            Console.WriteLine("ok");
        }

        return 0;
    }

    // One thread reads, one writes what is due: in order, as every packet is held for the same time.
    private void Carry(SafeFileHandle from, SafeFileHandle to)
    {
        var queue = new System.Collections.Concurrent.BlockingCollection<(long Due, byte[] Packet)>();
        var reader = new Thread(Receive) { IsBackground = true };
        var writer = new Thread(Send) { IsBackground = true };
        reader.Start();
        writer.Start();

        void Receive()
        {
            byte[] buffer = new byte[65536];
            while (true)
            {
                nint read = Read(from, buffer, buffer.Length);
                lock (_lock)
                {
                    if (read > 0 && _chance.NextDouble() >= _loss)
                    {
                        queue.Add((Environment.TickCount64 + (long)_delay.TotalMilliseconds, buffer[..(int)read]));
                    }
                }
            }
        }

        void Send()
        {
            foreach ((long due, byte[] packet) in queue.GetConsumingEnumerable())
            {
                if (due - Environment.TickCount64 is > 0 and var wait)
                {
                    Thread.Sleep((int)wait); // The delay is what this line is for, on a thread of its own.
                }

                _ = Write(to, packet, packet.Length);
            }
        }
    }

    private static SafeFileHandle Open(string name)
    {
        SafeFileHandle device = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        byte[] request = new byte[40];
        Encoding.ASCII.GetBytes(name, request);
        BitConverter.TryWriteBytes(request.AsSpan(16), (short)(Tun | NoPacketInfo));
        return Control(device, SetInterface, request) == 0 ? device : throw new IOException($"The interface {name} cannot be made.");
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle device, nuint request, byte[] argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle device, byte[] buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle device, byte[] buffer, nint count);
}
