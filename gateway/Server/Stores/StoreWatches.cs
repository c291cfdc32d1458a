using System.Collections.Immutable;
using Gateway.Contract;

namespace Gateway.Server.Stores;

/// <summary>The databases that the process was told of, each under its watch.</summary>
internal sealed class StoreWatches : IAsyncDisposable
{
    private readonly ImmutableArray<StoreWatch> _watches;

    /// <summary>Null where there is none of the kind.</summary>
    public StoreWatches(StoreFiles? postgres, StoreFiles? redis, StoreWatchOptions options, TimeProvider time, ILogger<StoreWatch> logger)
    {
        IStoreProbe?[] probes =
        [
            postgres is null ? null : new PostgresProbe(postgres, options),
            redis is null ? null : new RedisProbe(redis, options, time),
        ];
        _watches = [.. probes.OfType<IStoreProbe>().Select(p => new StoreWatch(p, options, time, logger))];
    }

    public void Start()
    {
        foreach (var watch in _watches)
            watch.Start();
    }

    /// <summary>Those that have been asked.</summary>
    public ImmutableArray<StoreStatus> Read() => [.. _watches.Select(w => w.Status).OfType<StoreStatus>()];

    public async ValueTask DisposeAsync()
    {
        foreach (var watch in _watches)
            await watch.DisposeAsync();
    }
}
