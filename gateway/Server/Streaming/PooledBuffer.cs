using System.Buffers;

namespace Gateway.Server.Streaming;

/// <summary>Bytes that were read and are not yet passed on. Small at first: a thousand waiting streams hold a thousand of them.</summary>
internal sealed class PooledBuffer : IDisposable
{
    private const int FirstSize = 4 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(FirstSize);
    private int _start;
    private int _end;

    public int Length => _end - _start;

    public ReadOnlySpan<byte> Span => _bytes.AsSpan(_start, Length);

    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(_start, Length);

    /// <summary>Room to read into, at least a quarter of the buffer.</summary>
    public Memory<byte> Free()
    {
        if (_start > 0 && _bytes.Length - _end < _bytes.Length / 4)
        {
            Span.CopyTo(_bytes);
            (_start, _end) = (0, Length);
        }

        if (_bytes.Length - _end < _bytes.Length / 4)
            Grow();
        return _bytes.AsMemory(_end);
    }

    /// <summary>So many bytes have been read into <see cref="Free"/>.</summary>
    public void Filled(int count) => _end += count;

    /// <summary>So many bytes from the front are not needed any more.</summary>
    public void Drop(int count)
    {
        _start += count;
        if (_start == _end)
            (_start, _end) = (0, 0);
    }

    /// <summary>Takes bytes out of the middle.</summary>
    public void Remove(int at, int count)
    {
        var rest = _bytes.AsSpan(_start + at + count, Length - at - count);
        rest.CopyTo(_bytes.AsSpan(_start + at));
        _end -= count;
    }

    public void Dispose()
    {
        var bytes = Interlocked.Exchange(ref _bytes, []);
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }

    private void Grow()
    {
        var larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
        Span.CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        (_bytes, _start, _end) = (larger, 0, Length);
    }
}
