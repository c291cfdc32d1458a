using System.Net;
using System.Net.Sockets;

namespace Operator.Standalone.Process;

/// <summary>Whether ports of the loopback address are free, to say so before a process dies of it.</summary>
internal static class Ports
{
    /// <summary>True where somebody could listen there now; always for port 0.</summary>
    public static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
