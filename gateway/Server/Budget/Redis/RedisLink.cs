using Gateway.Contract;
using Gateway.Server.Stores;

namespace Gateway.Server.Budget.Redis;

/// <summary>The connection to where the file says that Redis is: scripts go out, answers come back in time or not at all.</summary>
internal sealed class RedisLink(StoreFiles files, string gateway, TimeSpan connectBound, TimeProvider time) : IDisposable
{
    private const string DataVersion = "1";

    private readonly string _key = $"{{llmgw:{gateway}}}:{DataVersion}";
    private volatile RedisConnection? _connection;
    private Task? _connecting;
    private int _incarnation;
    private volatile bool _isDisposed;

    /// <summary>Another number: another server may answer now.</summary>
    public int Incarnation => Volatile.Read(ref _incarnation);

    public bool IsConnected => _connection is { IsOpen: true };

    /// <summary>Connects where it is not. Ends within its bound; <see cref="IsConnected"/> says how.</summary>
    public async Task ConnectAsync()
    {
        if (_connecting is not { IsCompleted: false })
            _connecting = TryConnectAsync();
        await Task.WhenAny(_connecting, Task.Delay(connectBound, time));
    }

    public async ValueTask<RedisReply> EvaluateAsync(RedisScript script, RespArgument[] arguments, TimeSpan bound, bool canWait = false)
    {
        if (_connection is not { } connection)
            return RedisReply.Unsent;
        var answer = await connection.AskAsync(["EVALSHA", script.Hash, 1, _key], arguments, bound, canWait);
        if (answer.Value.Error is { } refused && refused.StartsWith("NOSCRIPT", StringComparison.Ordinal))
            answer = await connection.AskAsync(["EVAL", script.Text, 1, _key], arguments, bound);

        // A master that became a replica: the name may lead to the new one.
        if (answer.Value.Error is { } error && error.StartsWith("READONLY", StringComparison.Ordinal))
            connection.Dispose();
        return new(answer);
    }

    /// <summary>Of the server that answers: other than before, and what it holds is not what it held. Null: no answer.</summary>
    /// <remarks>https://redis.io/docs/latest/commands/info/</remarks>
    public async ValueTask<string?> IdentityAsync(TimeSpan bound)
    {
        if (_connection is not { } connection)
            return null;
        var server = await connection.AskAsync(["INFO", "server"], [], bound);
        var replication = await connection.AskAsync(["INFO", "replication"], [], bound);
        return Field(server, "run_id") is { } run && Field(replication, "master_replid") is { } data ? $"{run}/{data}" : null;
    }

    public void Dispose()
    {
        _isDisposed = true;
        _connection?.Dispose();
    }

    private static string? Field(RedisAnswer info, string name) => info.Value.Text?.Split('\n')
        .FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..].Trim();

    /// <remarks>Why it could not is said by the probe.</remarks>
    private async Task TryConnectAsync()
    {
        if (_isDisposed || IsConnected || files.Read().Text is not { } text || StoreUri.Redis(text).Uri is not { } uri)
            return;
        var (connection, _) = await RedisConnection.ConnectAsync(uri, files.Ca, connectBound, time);
        if (connection is null)
            return;
        _connection = connection;
        Interlocked.Increment(ref _incarnation);
        if (_isDisposed)
            connection.Dispose();
    }
}
