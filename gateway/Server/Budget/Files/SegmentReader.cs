using Microsoft.Win32.SafeHandles;

namespace Gateway.Server.Budget.Files;

/// <summary>Reads a segment line by line, in one growing buffer.</summary>
internal sealed class SegmentReader : IDisposable
{
    private readonly SafeFileHandle _file;
    private readonly long _end;
    private byte[] _buffer = new byte[64 * 1024];
    private long _filled;
    private int _start;
    private int _length;

    /// <summary>
    /// Reads from the line that begins at <paramref name="start"/> to the file's end or to <paramref name="end"/>.
    /// </summary>
    public SegmentReader(string path, long end = long.MaxValue, long start = 0)
    {
        Offset = _filled = start;
        _file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, FileOptions.SequentialScan);
        _end = Math.Min(end, RandomAccess.GetLength(_file));
    }

    /// <summary>Of the line read last, from 1.</summary>
    public int LineNumber { get; private set; }

    /// <summary>Where the next line begins.</summary>
    public long Offset { get; private set; }

    /// <summary>Where it ends. What is behind the last line was torn.</summary>
    public long End => _end;

    /// <summary>The next line that was written to its end, without that end; valid until the next call.</summary>
    public bool TryRead(out ReadOnlySpan<byte> line)
    {
        var searched = 0;
        while (true)
        {
            var found = _buffer.AsSpan(_start + searched, _length - searched).IndexOf((byte)'\n');
            if (found >= 0)
            {
                line = Take(searched + found);
                return true;
            }

            searched = _length;
            if (Fill())
                continue;
            line = default;
            return false;
        }
    }

    public void Dispose() => _file.Dispose();

    private ReadOnlySpan<byte> Take(int length)
    {
        var line = _buffer.AsSpan(_start, length);
        _start += length + 1;
        _length -= length + 1;
        Offset += length + 1;
        LineNumber++;
        return line;
    }

    private bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _length).CopyTo(_buffer);
            _start = 0;
        }

        if (_length == _buffer.Length)
            Array.Resize(ref _buffer, _buffer.Length * 2);
        var room = (int)Math.Min(_buffer.Length - _length, _end - _filled);
        var read = room > 0 ? RandomAccess.Read(_file, _buffer.AsSpan(_length, room), _filled) : 0;
        _filled += read;
        _length += read;
        return read > 0;
    }
}
