using Gateway.Contract;

namespace Gateway.Server.Stores;

/// <summary><c>PING</c> on a new connection each time: one that is kept would not learn that the password has changed.</summary>
internal sealed class RedisProbe(StoreFiles files, StoreWatchOptions options, TimeProvider time) : IStoreProbe
{
    public string Name => StoreStatus.Redis;

    public string? Ask()
    {
        var (text, problem) = files.Read();
        if (text is null)
            return problem;
        var (uri, fault) = StoreUri.Redis(text);
        if (uri is null)
            return $"the URI {fault}";
        var (connection, reason) = RedisConnection.ConnectAsync(uri, files.Ca, options.Bound, time).GetAwaiter().GetResult();
        using (connection)
            return reason is null ? null : reason == RedisAnswer.Silence.Failure ? options.NoAnswer : $"{uri}: {reason}";
    }

    public void Dispose()
    {
        // Nothing is kept from one question to the next.
    }
}
