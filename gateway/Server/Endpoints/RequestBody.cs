using System.Buffers;

namespace Gateway.Server.Endpoints;

/// <summary>
/// A request's body in pooled segments. It lives until the commit point, because a fallback sends it again, and is then given back.
/// </summary>
internal sealed class RequestBody : IDisposable
{
    /// <summary>Below the size from which arrays go to the large object heap.</summary>
    private const int LargestSegment = 64 * 1024;
    private const int SmallestSegment = 4 * 1024;

    private readonly BodyMemory _memory;
    private readonly List<byte[]> _segments = [];
    private long _reserved;
    private int _lastUsed;

    public RequestBody(BodyMemory memory) => _memory = memory;

    public long Length { get; private set; }

    /// <summary>Makes room before reading, where the length is known. False when there is none.</summary>
    public bool TryReserve(long bytes)
    {
        if (bytes <= _reserved)
            return true;
        if (!_memory.TryReserve(bytes - _reserved))
            return false;
        _reserved = bytes;
        return true;
    }

    /// <summary>False when there is no room for it.</summary>
    public bool TryAppend(in ReadOnlySequence<byte> bytes)
    {
        if (!TryReserve(Length + bytes.Length))
            return false;
        foreach (var piece in bytes)
            Append(piece.Span);
        return true;
    }

    /// <summary>Valid until <see cref="Dispose"/>.</summary>
    public ReadOnlySequence<byte> AsSequence()
    {
        if (_segments.Count == 0)
            return ReadOnlySequence<byte>.Empty;
        if (_segments.Count == 1)
            return new(_segments[0], 0, _lastUsed);
        var first = new Segment(_segments[0]);
        var last = first;
        for (var i = 1; i < _segments.Count; i++)
            last = last.Append(_segments[i]);
        return new(first, 0, last, _lastUsed);
    }

    public void Dispose()
    {
        foreach (var segment in _segments)
            ArrayPool<byte>.Shared.Return(segment);
        _segments.Clear();
        _memory.Release(_reserved);
        _reserved = 0;
        Length = 0;
    }

    private void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_segments.Count == 0 || _lastUsed == _segments[^1].Length)
            {
                // As large as what is announced, within the bounds of a segment.
                var size = (int)Math.Clamp(Math.Max(_reserved - Length, bytes.Length), SmallestSegment, LargestSegment);
                _segments.Add(ArrayPool<byte>.Shared.Rent(size));
                _lastUsed = 0;
            }

            var free = _segments[^1].AsSpan(_lastUsed);
            var count = Math.Min(free.Length, bytes.Length);
            bytes[..count].CopyTo(free);
            bytes = bytes[count..];
            _lastUsed += count;
            Length += count;
        }
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(byte[] bytes) => Memory = bytes;

        public Segment Append(byte[] bytes)
        {
            var next = new Segment(bytes) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
