using System.Net;
using System.Net.Sockets;

namespace MtaSts.Delivery.Testing.Network;

/// <summary>Hands out each address once: RFC 5737 and RFC 3849, then the benchmarking network of RFC 2544.</summary>
internal sealed class DocumentationAddresses
{
    private static readonly byte[][] Networks = [[192, 0, 2], [198, 51, 100], [203, 0, 113]];
    private const int HostsPerNetwork = 254;
    private const int BenchmarkingHosts = 131_000;
    private int _usedV4;
    private int _usedV6;

    public IPAddress NextV4()
    {
        int index = Interlocked.Increment(ref _usedV4) - 1;
        int network = index / HostsPerNetwork;
        byte host = (byte)((index % HostsPerNetwork) + 1);
        if (network < Networks.Length)
        {
            return new IPAddress([.. Networks[network], host]);
        }

        int rest = network - Networks.Length;
        return rest * HostsPerNetwork < BenchmarkingHosts
            ? new IPAddress([198, (byte)(18 + (rest >> 8)), (byte)rest, host])
            : throw new InvalidOperationException("The fake internet has run out of IPv4 addresses; let several domains share an MX host.");
    }

    public IPAddress NextV6()
    {
        int index = Interlocked.Increment(ref _usedV6);
        return new IPAddress([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, (byte)(index >> 24), (byte)(index >> 16), (byte)(index >> 8), (byte)index]);
    }

    /// <summary>Whether an address is of the family that A records carry.</summary>
    public static bool IsV4(IPAddress address) => address.AddressFamily == AddressFamily.InterNetwork;
}
