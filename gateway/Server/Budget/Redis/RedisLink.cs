using System.Globalization;
using Gateway.Contract;
using Gateway.Server.Stores;
using StackExchange.Redis;

namespace Gateway.Server.Budget.Redis;

/// <summary>The connection: scripts go out, answers come back in time or not at all. No failure is an exception.</summary>
/// <remarks>
/// StackExchange.Redis 1.2.6 bounds no asynchronous call, so each is bounded here. It resolves the name and connects, and does a TLS handshake,
/// on the thread that asks for a connection: that is one of our own. Later reconnects are its own affair.
/// </remarks>
internal sealed class RedisLink(StoreFiles files, string gateway, TimeSpan connectBound, TimeProvider time) : IDisposable
{
    private const string DataVersion = "1";

    private readonly RedisKey[] _keys = [$"{{llmgw:{gateway}}}:{DataVersion}"];
    private volatile ConnectionMultiplexer? _connection;
    private volatile IDatabase? _database;
    private string? _connectedBy;
    private Task? _connecting;
    private int _incarnation;
    private volatile bool _disposed;

    /// <summary>Another number: another server may answer now.</summary>
    public int Incarnation => Volatile.Read(ref _incarnation);

    public bool IsConnected => _connection is { IsConnected: true };

    /// <summary>Connects, also anew where the file says another address. Ends within its bound; <see cref="IsConnected"/> says how.</summary>
    public async Task ConnectAsync()
    {
        if (_connecting is not { IsCompleted: false })
        {
            _connecting = Task.Factory.StartNew(
                Connect, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }

        await Task.WhenAny(_connecting, Task.Delay(connectBound, time));
    }

    public async ValueTask<RedisReply> EvaluateAsync(RedisScript script, RedisValue[] arguments, TimeSpan bound)
    {
        if (_database is not { } database)
            return RedisReply.Unsent;
        try
        {
            return new((RedisResult[]?)await database.ScriptEvaluateAsync(script.Hash, _keys, arguments).WaitAsync(bound, time), true);
        }
        catch (RedisServerException e) when (e.Message.StartsWith("NOSCRIPT", StringComparison.Ordinal))
        {
            return await LoadAsync(database, script, arguments, bound);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException or InvalidCastException)
        {
            return Failed(e);
        }
    }

    /// <summary>Of the server that answers: other than before, and what it holds is not what it held. Null: no answer.</summary>
    /// <remarks>https://redis.io/docs/latest/commands/info/</remarks>
    public async ValueTask<string?> IdentityAsync(TimeSpan bound)
    {
        if (_database is not { } database)
            return null;
        try
        {
            var server = (string?)await database.ExecuteAsync("INFO", "server").WaitAsync(bound, time);
            var replication = (string?)await database.ExecuteAsync("INFO", "replication").WaitAsync(bound, time);
            return $"{Field(server, "run_id")}/{Field(replication, "master_replid")}";
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            return null;
        }
    }

    public void Dispose()
    {
        _disposed = true;
        _database = null;

        // All that matters was answered; this client would wait for its own QUIT for as long as a time-out.
        _connection?.Close(allowCommandsToComplete: false);
    }

    private static string? Field(string? info, string name) => info?.Split('\n')
        .FirstOrDefault(l => l.StartsWith(name + ":", StringComparison.Ordinal))?[(name.Length + 1)..].Trim();

    /// <summary>Whether it was done is not known, unless there was nobody to ask.</summary>
    private static RedisReply Failed(Exception e) => new(null, e is not RedisConnectionException and not ObjectDisposedException)
    {
        // The client's own words tell of its queues and threads, and differ each time.
        Failure = e is RedisServerException ? e.Message : e is TimeoutException ? "no answer in time" : "the connection was lost",
        IsRefused = e is RedisServerException,
    };

    private async ValueTask<RedisReply> LoadAsync(IDatabase database, RedisScript script, RedisValue[] arguments, TimeSpan bound)
    {
        try
        {
            object[] eval = [script.Text, 1, _keys[0], .. arguments.Select(a => (object)a)];
            return new((RedisResult[]?)await database.ExecuteAsync("EVAL", eval).WaitAsync(bound, time), true);
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ObjectDisposedException)
        {
            return Failed(e);
        }
    }

    private void Connect()
    {
        var (text, _) = files.Read();
        if (text is null || _disposed || (IsConnected && text == _connectedBy))
            return;
        var (uri, _) = StoreUri.Redis(text);
        if (uri is null || (_connection is not null && text == _connectedBy))
            return;
        var options = RedisSettings.Of(uri, files.Ca, connectBound);
        var former = _connection;
        try
        {
            var connection = ConnectionMultiplexer.Connect(options);

            // Answers are told apart by their calls: nobody needs them in order, and in order they hold one another up.
            connection.PreserveAsyncOrder = false;
            connection.ConnectionFailed += (_, _) => Interlocked.Increment(ref _incarnation);
            connection.ConnectionRestored += (_, _) => Interlocked.Increment(ref _incarnation);
            _connectedBy = text;
            _connection = connection;
            _database = connection.GetDatabase();
            Interlocked.Increment(ref _incarnation);
            former?.Dispose();
            if (_disposed)
                connection.Dispose();
        }
        catch (Exception e) when (e is RedisException or TimeoutException or ArgumentException or IOException)
        {
            // Said by the probe; it is tried again.
        }
    }
}

/// <summary>What came back.</summary>
/// <param name="Items">Null: it failed.</param>
/// <param name="MayBeDone">True: it was done, or nobody knows.</param>
internal readonly record struct RedisReply(RedisResult[]? Items, bool MayBeDone)
{
    public static readonly RedisReply Unsent = new(null, false) { Failure = "not connected" };

    public string? Failure { get; init; }

    /// <summary>The server answered, and did not do it.</summary>
    public bool IsRefused { get; init; }

    /// <summary>The word that every script's answer begins with; null where there is none.</summary>
    public string? Code => Items is { Length: > 0 } ? (string?)Items[0] : null;

    public bool IsOk => Code == "OK";

    /// <summary>The store's clock, in microseconds since 1970.</summary>
    public long Now => Number(1);

    public long Number(int index) => long.Parse(Text(index), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    public string Text(int index) => (string?)Items![index] ?? "";

    public RedisResult[] List(int index) => (RedisResult[]?)Items![index] ?? [];
}
