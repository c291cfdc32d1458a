using Gateway.Contract;
using StackExchange.Redis;

namespace Gateway.Server.Stores;

/// <summary><c>PING</c> on a connection that is kept while it is good: this client starts threads for each one.</summary>
internal sealed class RedisProbe(StoreFiles files, TimeSpan bound) : IStoreProbe
{
    private ConnectionMultiplexer? _connection;
    private string? _connectedBy;

    public string Name => StoreStatus.Redis;

    public string? Ask()
    {
        var (text, problem) = files.Read();
        if (text is null)
            return problem;
        var (uri, fault) = StoreUri.Redis(text);
        if (uri is null)
            return $"the URI {fault}";
        if (text != _connectedBy)
            Dispose();
        try
        {
            _connection ??= ConnectionMultiplexer.Connect(RedisSettings.Of(uri, files.Ca, bound));
            _connectedBy = text;
            _connection.GetDatabase().Ping();
            return null;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            // A new connection says why; this client only says that it has none.
            Dispose();
            return $"{uri}: {Reason(e)}";
        }
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }

    /// <summary>Words of our own: those of the client tell of its queues and threads, and differ each time.</summary>
    private static string Reason(Exception e) => e switch
    {
        RedisServerException => e.Message,
        TimeoutException => "no answer in time",
        _ => e.Message,
    };
}
