namespace Gateway.Server.Endpoints;

/// <summary>Bounds what all request bodies together hold in memory.</summary>
/// <param name="limit">Bytes.</param>
internal sealed class BodyMemory(long limit)
{
    private long _used;

    /// <summary>Bytes that are reserved now.</summary>
    public long Used => Interlocked.Read(ref _used);

    /// <summary>False when there is no room: the caller is told to come again.</summary>
    public bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= limit)
            return true;
        Interlocked.Add(ref _used, -bytes);
        return false;
    }

    public void Release(long bytes) => Interlocked.Add(ref _used, -bytes);
}
