using Gateway.Contract;

namespace Gateway.Server.Stores;

/// <summary>
/// Asks one database again and again whether it is there, and remembers since when it is or is not. Nothing of a call waits for it.
/// </summary>
/// <remarks>
/// Each question has a thread of its own: a client that blocks, in a name look-up or a TLS handshake, must not do so on the threads that
/// watch the sockets (<see cref="Hosting.SocketThreads"/>), nor hold one of the pool. A question that has outlived its bound is left to end
/// by its own time-outs, and the next one waits for that: so there are never two.
/// </remarks>
internal sealed partial class StoreWatch(IStoreProbe probe, StoreWatchOptions options, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private volatile StoreStatus? _status;
    private Task<string?> _asking = Task.FromResult<string?>(null);
    private Task _loop = Task.CompletedTask;

    /// <summary>Null until the first answer, or the end of its bound.</summary>
    public StoreStatus? Status => _status;

    public void Start() => _loop = Task.Run(RunAsync);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();

        // Whatever still asks holds the connection; it ends by its own time-outs, and nobody waits for that.
        _ = _asking.ContinueWith(_ => probe.Dispose(), TaskScheduler.Default);
    }

    private async Task RunAsync()
    {
        using var timer = new PeriodicTimer(options.Interval, time);
        do
        {
            if (!_asking.IsCompleted)
                continue;
            _asking = Task.Factory.StartNew(probe.Ask, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            Show(await ProblemAsync());
        }
        while (await timer.WaitForNextTickAsync(_stop.Token));
    }

    private async Task<string?> ProblemAsync()
    {
        try
        {
            return await _asking.WaitAsync(options.Bound, time, _stop.Token);
        }
        catch (TimeoutException)
        {
            return options.NoAnswer;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogBroken(e, probe.Name);
            return $"could not be asked ({e.GetType().Name})";
        }
    }

    private void Show(string? problem)
    {
        var state = problem is null ? StoreState.Connected : StoreState.Unreachable;
        var before = _status;
        var isSame = before?.State == state;
        _status = new() { Name = probe.Name, State = state, Since = isSame ? before!.Since : time.GetUtcNow(), Message = problem ?? "" };
        if (isSame)
            return;
        if (problem is null)
            LogConnected(probe.Name);
        else
            LogUnreachable(probe.Name, problem);
    }

    [LoggerMessage(400, LogLevel.Information, "Connected to {Store}")]
    private partial void LogConnected(string store);

    [LoggerMessage(401, LogLevel.Warning, "Cannot reach {Store}: {Reason}")]
    private partial void LogUnreachable(string store, string reason);

    [LoggerMessage(402, LogLevel.Error, "Asking {Store} failed in an unforeseen way; it is asked again")]
    private partial void LogBroken(Exception exception, string store);
}
