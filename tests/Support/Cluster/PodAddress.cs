using System.Net;
using System.Net.Sockets;

namespace Support.Cluster;

/// <summary>Addresses for pods: all of 127.0.0.0/8 is this machine.</summary>
internal static class PodAddress
{
    private static readonly int[] s_ports = [4000, 4001, 4002];

    /// <summary>One where nobody listens, on this machine, whoever else takes some at the same time.</summary>
    public static IPAddress Take()
    {
        while (true)
        {
            var address = new IPAddress([127, Part(1, 255), Part(0, 256), Part(2, 255)]);
            if (s_ports.All(p => IsFree(address, p)))
                return address;
        }
    }

    private static byte Part(int from, int to) => (byte)Random.Shared.Next(from, to);

    private static bool IsFree(IPAddress address, int port)
    {
        using var listener = new TcpListener(address, port);
        try
        {
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
