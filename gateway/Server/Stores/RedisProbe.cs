using Gateway.Contract;
using StackExchange.Redis;

namespace Gateway.Server.Stores;

/// <summary><c>PING</c> on a connection that is kept while it is good: this client starts threads for each one.</summary>
internal sealed class RedisProbe(StoreFiles files, StoreWatchOptions options) : IStoreProbe
{
    /// <summary>The client fails what waits for a connection a moment before it notes why.</summary>
    private static readonly TimeSpan s_untilNoted = TimeSpan.FromSeconds(0.5);

    private ConnectionMultiplexer? _connection;
    private TaskCompletionSource<Exception?> _failure = new();
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
            _connection ??= Connect(uri);
            _connectedBy = text;
            _connection.GetDatabase().Ping();
            return null;
        }
        catch (Exception e) when (e is RedisException or TimeoutException)
        {
            var cause = Cause(e);

            // A new connection learns what is wrong now; one that is kept only knows how it was lost.
            Dispose();
            return cause is TimeoutException ? options.NoAnswer : $"{uri}: {Reason(cause)}";
        }
    }

    public void Dispose()
    {
        _connection?.Dispose();
        _connection = null;
    }

    private ConnectionMultiplexer Connect(StoreUri uri)
    {
        var failure = _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var connection = ConnectionMultiplexer.Connect(RedisSettings.Of(uri, files.Ca, options.Bound));
        connection.ConnectionFailed += (_, failed) => failure.TrySetResult(failed.Exception);
        return connection;
    }

    /// <summary>What lies at the bottom; of several the last, which is the server's, while the others are the client's.</summary>
    private Exception Cause(Exception e)
    {
        if (e is RedisConnectionException { InnerException: null } && _failure.Task.Wait(s_untilNoted))
            e = _failure.Task.Result ?? e;
        while ((e is AggregateException several ? several.InnerExceptions[^1] : e.InnerException) is { } inner)
            e = inner;
        return e;
    }

    /// <summary>The client's own words tell of its queues and threads, and differ each time.</summary>
    private static string Reason(Exception cause) => cause switch
    {
        RedisConnectionException { FailureType: ConnectionFailureType.UnableToConnect } => "cannot be connected",
        RedisConnectionException => "the connection was lost",
        _ => cause.Message,
    };
}
