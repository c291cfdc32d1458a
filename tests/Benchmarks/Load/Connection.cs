using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Benchmarks.Load;

/// <summary>
/// A keep-alive HTTP/1.1 connection that blocks its thread: the cheapest and most exact client there is. Any answer but a whole 200 is an
/// <see cref="InvalidDataException"/>, for a benchmark of errors measures nothing.
/// </summary>
internal sealed class Connection : IDisposable
{
    private readonly Socket _socket =
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, ReceiveTimeout = 30_000 };
    private readonly byte[] _buffer = new byte[128 * 1024];

    public Connection(int port) => _socket.Connect(IPAddress.Loopback, port);

    public void Send(ReadOnlySpan<byte> request)
    {
        while (request.Length > 0)
            request = request[_socket.Send(request)..];
    }

    /// <summary>Reads one whole answer. Returns the bytes of its body.</summary>
    public int ReceiveAnswer() => Receive(firstContentOnly: false);

    /// <summary>Reads one whole answer. False: it is that of a gateway that cannot count the call now.</summary>
    public bool IsCounted()
    {
        try
        {
            ReceiveAnswer();
            return true;
        }
        catch (InvalidDataException e) when (e.Message.EndsWith("\"code\":\"budget_store_unavailable\"}}", StringComparison.Ordinal))
        {
            return false;
        }
    }

    /// <summary>Reads until the first event with content has come, and leaves the rest.</summary>
    public void ReceiveFirstContent() => Receive(firstContentOnly: true);

    /// <summary>Reads the rest of an answer of which <see cref="ReceiveFirstContent"/> took the beginning.</summary>
    public void ReceiveRest()
    {
        int count;
        do
            count = Read(0);
        while (!_buffer.AsSpan(0, count).EndsWith("0\r\n\r\n"u8));
    }

    public void Dispose() => _socket.Dispose();

    private int Receive(bool firstContentOnly)
    {
        var length = 0;
        int headerEnd;
        do
            length += Read(length);
        while ((headerEnd = _buffer.AsSpan(0, length).IndexOf("\r\n\r\n"u8)) < 0);
        headerEnd += 4;
        var headers = _buffer.AsSpan(0, headerEnd);
        if (!headers.StartsWith("HTTP/1.1 200 "u8))
            throw new InvalidDataException(Encoding.UTF8.GetString(_buffer.AsSpan(0, length)));
        if (ContentLength(headers) is { } announced)
        {
            for (var body = length - headerEnd; body < announced; body += Read(0))
            {
            }

            return announced;
        }

        return firstContentOnly ? ReceiveContent(headerEnd, length) : ReceiveChunked(headerEnd, length);
    }

    private int ReceiveChunked(int headerEnd, int length)
    {
        var total = length - headerEnd;
        while (!_buffer.AsSpan(0, length).EndsWith("0\r\n\r\n"u8))
        {
            length = Read(0);
            total += length;
        }

        return total;
    }

    private int ReceiveContent(int headerEnd, int length)
    {
        while (_buffer.AsSpan(headerEnd, length - headerEnd).IndexOf("\"content\":\"."u8) < 0)
            length += Read(length);
        return length - headerEnd;
    }

    private int Read(int offset)
    {
        var count = _socket.Receive(_buffer.AsSpan(offset));
        return count > 0 ? count : throw new InvalidDataException("The connection was closed in the middle of an answer.");
    }

    private static int? ContentLength(ReadOnlySpan<byte> headers)
    {
        var text = Encoding.ASCII.GetString(headers);
        const string Name = "\r\ncontent-length:";
        var at = text.IndexOf(Name, StringComparison.OrdinalIgnoreCase);
        if (at < 0)
            return null;
        var value = text.AsSpan(at + Name.Length);
        return int.Parse(value[..value.IndexOf('\r')], NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture);
    }
}
