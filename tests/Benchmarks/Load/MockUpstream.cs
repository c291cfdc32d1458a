using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Benchmarks.Load;

/// <summary>
/// A provider that costs next to nothing. The path tells what it answers: <c>/plain/…</c> one kilobyte at once, <c>/paced/…</c> 200 chunks
/// 5 ms apart, <c>/short/…</c> ten of them, <c>/held/…</c> one chunk and then silence.
/// </summary>
internal static class MockUpstream
{
    private const int ShortChunks = 10;
    private static readonly long s_pace = Clock.Milliseconds(5);

    private static readonly byte[] s_answer = Payload.Answer();
    private static readonly byte[] s_beginning = [.. Payload.StreamHeaders(), .. Payload.RoleChunk()];
    private static readonly byte[] s_chunk = Payload.ContentChunk();
    private static readonly byte[] s_end = Payload.StreamEnd();

    /// <summary>Prints its port and serves until its input ends.</summary>
    public static void Run()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(4096);
        Console.WriteLine(((IPEndPoint)listener.LocalEndPoint!).Port);
        new Thread(() => Accept(listener)) { IsBackground = true }.Start();
        Console.In.ReadToEnd();
    }

    private static void Accept(Socket listener)
    {
        while (true)
        {
            var socket = listener.Accept();
            socket.NoDelay = true;
            new Thread(() => Serve(socket), 256 * 1024) { IsBackground = true }.Start();
        }
    }

    private static void Serve(Socket socket)
    {
        using var owned = socket;
        var buffer = new byte[256 * 1024];
        try
        {
            while (ReadRequest(socket, buffer) is { } path)
                Answer(socket, path);
        }
        catch (SocketException)
        {
            // Whoever called has gone.
        }
    }

    private static void Answer(Socket socket, string path)
    {
        if (path.StartsWith("/plain/", StringComparison.Ordinal))
        {
            socket.Send(s_answer);
            return;
        }

        socket.Send(s_beginning);
        var isHeld = path.StartsWith("/held/", StringComparison.Ordinal);
        var chunks = isHeld ? 1 : path.StartsWith("/short/", StringComparison.Ordinal) ? ShortChunks : Payload.StreamChunks;
        var due = Clock.Now;
        for (var i = 0; i < chunks; i++)
        {
            Clock.WaitUntil(due);
            socket.Send(s_chunk);
            due += s_pace;
        }

        if (!isHeld)
            socket.Send(s_end);
    }

    /// <returns>The path; null when the connection has ended.</returns>
    private static string? ReadRequest(Socket socket, byte[] buffer)
    {
        var length = 0;
        int headerEnd;
        while ((headerEnd = buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0)
        {
            var count = socket.Receive(buffer.AsSpan(length));
            if (count == 0)
                return null;
            length += count;
        }

        var headers = Encoding.ASCII.GetString(buffer, 0, headerEnd + 2);
        const string Name = "content-length:";
        var at = headers.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            throw new InvalidDataException("Only requests with a content length are understood: " + headers);
        var value = headers.AsSpan(at + Name.Length);
        var bodyLength = int.Parse(value[..value.IndexOf('\r')], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
        for (var body = length - headerEnd - 4; body < bodyLength;)
        {
            var count = socket.Receive(buffer);
            if (count == 0)
                return null;
            body += count;
        }

        return headers.Split(' ', 3)[1];
    }
}
