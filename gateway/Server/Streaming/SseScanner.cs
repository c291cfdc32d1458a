using System.Buffers;

namespace Gateway.Server.Streaming;

/// <summary>
/// Finds the events of a stream in a buffer that grows:
/// https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream. Lines may end with LF, CRLF or CR; comments,
/// several data lines and a byte order mark are understood. Nothing is scanned twice.
/// </summary>
internal struct SseScanner
{
    private int _lineStart;
    private int _scanned;

    /// <summary>
    /// The end of the first event in the buffer, its blank line included; -1 when there is more to come. With <paramref name="isLast"/>
    /// what stands at the end of the stream without a blank line counts as an event too.
    /// </summary>
    public int FindEnd(ReadOnlySpan<byte> buffer, bool isLast)
    {
        while (true)
        {
            var found = buffer[_scanned..].IndexOfAny((byte)'\n', (byte)'\r');
            if (found < 0)
            {
                _scanned = buffer.Length;
                return isLast && buffer.Length > 0 ? Take(buffer.Length) : -1;
            }

            var lineEnd = _scanned + found;
            var next = lineEnd + 1;
            if (buffer[lineEnd] == '\r')
            {
                // A line feed may belong to it that has not come yet; not in a stream whose lines end without them.
                if (next == buffer.Length && !isLast && !IsBlankAfterReturn(buffer, lineEnd))
                {
                    _scanned = lineEnd;
                    return -1;
                }

                if (next < buffer.Length && buffer[next] == '\n')
                    next++;
            }

            var isBlank = lineEnd == _lineStart;
            _lineStart = next;
            _scanned = next;
            if (isBlank)
                return Take(next);
        }
    }

    private readonly bool IsBlankAfterReturn(ReadOnlySpan<byte> buffer, int lineEnd) =>
        lineEnd == _lineStart && lineEnd > 0 && buffer[lineEnd - 1] == '\r';

    private int Take(int end)
    {
        _lineStart = 0;
        _scanned = 0;
        return end;
    }

    /// <summary>
    /// The name and data of one event, as <see cref="FindEnd"/> delimits it. Several data lines are joined in the scratch buffer.
    /// </summary>
    public static SseEvent Parse(ReadOnlySpan<byte> bytes, ArrayBufferWriter<byte> scratch)
    {
        var name = default(ReadOnlySpan<byte>);
        var data = default(ReadOnlySpan<byte>);
        var dataLines = 0;
        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes["\uFEFF"u8.Length..];
        while (bytes.Length > 0)
        {
            var end = bytes.IndexOfAny((byte)'\n', (byte)'\r');
            var line = end < 0 ? bytes : bytes[..end];
            bytes = end < 0 ? default : bytes[(end + 1)..];
            var colon = line.IndexOf((byte)':');
            var field = colon < 0 ? line : line[..colon];
            var value = colon < 0 ? default : line[(colon + 1)..];
            if (value.StartsWith(" "u8))
                value = value[1..];
            if (field.SequenceEqual("event"u8))
                name = value;
            else if (field.SequenceEqual("data"u8))
                data = dataLines++ == 0 ? value : Join(data, value, scratch, isFirst: dataLines == 2);
        }

        return new(name, data);
    }

    private static ReadOnlySpan<byte> Join(ReadOnlySpan<byte> data, ReadOnlySpan<byte> line, ArrayBufferWriter<byte> scratch, bool isFirst)
    {
        if (isFirst)
        {
            scratch.ResetWrittenCount();
            scratch.Write(data);
        }

        scratch.Write("\n"u8);
        scratch.Write(line);
        return scratch.WrittenSpan;
    }
}

/// <summary>One event; both are empty for a comment.</summary>
internal readonly ref struct SseEvent(ReadOnlySpan<byte> name, ReadOnlySpan<byte> data)
{
    public ReadOnlySpan<byte> Name { get; } = name;

    public ReadOnlySpan<byte> Data { get; } = data;
}
