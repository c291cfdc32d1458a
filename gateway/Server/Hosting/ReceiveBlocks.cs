using System.Buffers;
using System.Collections.Concurrent;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Server.Hosting;

/// <summary>
/// The buffers into which Kestrel reads. Its own are of 4 KiB, so a prompt of 100 KB comes in 25 system calls and as many wake-ups of the
/// reader; these take it in a few.
/// </summary>
internal sealed class ReceiveBlocks : MemoryPool<byte>, IMemoryPoolFactory<byte>
{
    private const int BlockBytes = 32 * 1024;

    /// <summary>Kept for the next; what a burst needs beyond them is left to the collector.</summary>
    private const int MostKept = 256;

    private readonly ConcurrentBag<Block> _free = [];

    public override int MaxBufferSize => BlockBytes;

    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => this;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(minBufferSize, BlockBytes);
        return _free.TryTake(out var block) ? block : new Block(this);
    }

    /// <summary>Lives as long as the process.</summary>
    protected override void Dispose(bool disposing)
    {
    }

    private void Return(Block block)
    {
        if (_free.Count < MostKept)
            _free.Add(block);
    }

    private sealed class Block(ReceiveBlocks pool) : IMemoryOwner<byte>
    {
        /// <summary>
        /// Pinned for good: sockets pin what they read into, which would keep the collector from moving anything around it.
        /// </summary>
        public Memory<byte> Memory { get; } = GC.AllocateUninitializedArray<byte>(BlockBytes, pinned: true);

        public void Dispose() => pool.Return(this);
    }
}
