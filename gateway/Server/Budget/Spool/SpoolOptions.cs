using Gateway.Server.Budget.Files;

namespace Gateway.Server.Budget.Spool;

/// <summary>Settings of what waits for a database.</summary>
internal sealed record SpoolOptions
{
    private const int DefaultMiB = 128;
    private const long DefaultItems = 1_000_000;

    /// <summary>What waits for so long is brought to the volume, all at once where the database has failed; default 500 ms.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>Between two looks at what waits, and two syncs to the disk: what a power failure may cost; default 100 ms.</summary>
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>On the volume, of each kind; default 128 MiB, so 256 MiB in the Redis tier.</summary>
    public long MaxBytes { get; init; } = DefaultMiB * 1024L * 1024L;

    /// <summary>Items on the volume, of each kind; default 1,000,000.</summary>
    public long MaxItems { get; init; } = DefaultItems;

    /// <summary>
    /// Items in memory, of each kind; default 20,000. It fills only while the volume takes nothing. Calls that must be counted are refused
    /// from the half on, so that there is room for those that are under way.
    /// </summary>
    public int MaxInMemory { get; init; } = 20_000;

    /// <summary>A file is closed at this size, and deleted when all of it is delivered; default 4 MiB.</summary>
    public long SegmentBytes { get; init; } = 4 * 1024 * 1024;

    /// <summary>
    /// How long the end of the process waits for a volume that hangs; default 3 s, within what a pod has after its drain.
    /// </summary>
    public TimeSpan CloseBound { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How bytes reach a file.</summary>
    public SegmentWrite Write { get; init; } = RandomAccess.Write;

    /// <summary>So many MiB of each kind, and items in the same measure.</summary>
    public static SpoolOptions OfSize(int maxMiB) => new()
    {
        MaxBytes = maxMiB * 1024L * 1024L,
        MaxItems = DefaultItems * maxMiB / DefaultMiB,
    };
}
