using System.Net;
using System.Net.Sockets;
using Benchmarks.Load;

namespace Benchmarks.Servers;

internal static class Waiting
{
    /// <summary>Throws a <see cref="TimeoutException"/> when it is not so within 30 s.</summary>
    public static void Until(string what, Func<bool> isSo)
    {
        var end = Clock.Now + Clock.Seconds(30);
        while (!isSo())
        {
            if (Clock.Now > end)
                throw new TimeoutException($"Waited 30 s in vain until {what}.");
            Clock.WaitUntil(Clock.Now + Clock.Milliseconds(2));
        }
    }

    public static bool Accepts(int port)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
