using System.Buffers;

namespace Gateway.Server.Endpoints;

/// <summary>
/// A request's body in one pooled array. It lives until the commit point, because a fallback sends it again, and is then given back.
/// </summary>
internal sealed class RequestBody(BodyMemory memory) : IDisposable
{
    private const int SmallestArray = 4 * 1024;

    /// <summary>What is announced is believed up to here; beyond it the array grows with what has really come.</summary>
    private const int LargestFirstArray = 256 * 1024;

    private byte[] _bytes = [];
    private long _reserved;

    public int Length { get; private set; }

    /// <summary>Valid until <see cref="Dispose"/>.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes.AsMemory(0, Length);

    /// <summary>Makes room before reading, where the length is known. False when there is none.</summary>
    public bool TryReserve(long bytes)
    {
        if (bytes <= _reserved)
            return true;
        if (!memory.TryReserve(bytes - _reserved))
            return false;
        _reserved = bytes;
        return true;
    }

    /// <summary>False when there is no room for it.</summary>
    public bool TryAppend(in ReadOnlySequence<byte> bytes)
    {
        var length = Length + bytes.Length;
        if (!TryReserve(length))
            return false;
        if (length > _bytes.Length)
            Grow((int)Math.Max(length, Math.Max(_bytes.Length * 2L, Math.Clamp(_reserved, SmallestArray, LargestFirstArray))));
        bytes.CopyTo(_bytes.AsSpan(Length));
        Length = (int)length;
        return true;
    }

    public void Dispose()
    {
        Release(Interlocked.Exchange(ref _bytes, []));
        memory.Release(_reserved);
        _reserved = 0;
        Length = 0;
    }

    private void Grow(int size)
    {
        var larger = ArrayPool<byte>.Shared.Rent(size);
        _bytes.AsSpan(0, Length).CopyTo(larger);
        Release(_bytes);
        _bytes = larger;
    }

    private static void Release(byte[] bytes)
    {
        if (bytes.Length > 0)
            ArrayPool<byte>.Shared.Return(bytes);
    }
}
