namespace Gateway.Server.Providers.Simulated;

/// <summary>
/// A body that comes chunk by chunk: a read never returns more than one. Before each chunk but the first it waits for
/// <paramref name="pause"/>; a reader that cancels is let go at once.
/// </summary>
/// <param name="chunks">Each is used up before the next is asked for.</param>
/// <param name="pause">May be zero.</param>
/// <param name="clock">Measures the pause.</param>
internal sealed class ChunkStream(IEnumerator<ReadOnlyMemory<byte>> chunks, TimeSpan pause, TimeProvider clock) : Stream
{
    private ReadOnlyMemory<byte> _rest;
    private bool _hasBegun;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (buffer.IsEmpty)
            return 0;
        if (_rest.IsEmpty)
        {
            if (_hasBegun && pause > TimeSpan.Zero)
                await Task.Delay(pause, clock, cancellationToken);
            _hasBegun = true;
            if (!chunks.MoveNext())
                return 0;
            _rest = chunks.Current;
        }

        var count = Math.Min(buffer.Length, _rest.Length);
        _rest[..count].CopyTo(buffer);
        _rest = _rest[count..];
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("read it asynchronously");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            chunks.Dispose();
        base.Dispose(disposing);
    }
}
