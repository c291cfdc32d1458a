using Microsoft.Extensions.Logging;

namespace Operator.Push;

/// <summary>
/// Keeps one pod at the config that is wanted: a slot in which only the newest config waits, and one loop that pushes it, tries again with
/// growing pauses while the pod is away, and looks in from time to time once it has accepted.
/// </summary>
/// <remarks>A config that the pod has judged is not pushed again; one that it lost (a restart without its volume) is.</remarks>
internal sealed partial class PodLink : IAsyncDisposable
{
    /// <summary>
    /// So often in a row a pod is believed that it holds a higher revision. One that says so whatever it is offered would keep the config from
    /// all others, and the operator counting.
    /// </summary>
    private const int MaxOlder = 8;

    private readonly Lock _lock = new();
    private readonly AdminClient _client;
    private readonly PublisherOptions _options;
    private readonly TimeProvider _time;
    private readonly Action _changed;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    private PodState _state;
    private StampedConfig? _wanted;
    private int _older;
    private TaskCompletionSource<PushOutcome> _outcome = NewOutcome();
    private TaskCompletionSource _wake = NewWake();

    /// <summary>
    /// Starts the loop. <c>changed</c> is called after each change of <see cref="State"/>, from any thread; it must be quick.
    /// </summary>
    public PodLink(PodEndpoint pod, AdminClient client, PublisherOptions options, TimeProvider time, ILogger logger, Action changed)
    {
        _state = new() { Pod = pod };
        _client = client;
        _options = options;
        _time = time;
        _logger = logger;
        _changed = changed;
        _loop = Task.Run(() => RunAsync(_stop.Token));
    }

    public PodState State
    {
        get
        {
            lock (_lock)
                return _state;
        }
    }

    /// <summary>The same pod, of which more is known.</summary>
    public PodLink Moved(PodEndpoint pod)
    {
        lock (_lock)
            _state = _state with { Pod = pod };
        return this;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _loop;
        _outcome.TrySetCanceled();
        _stop.Dispose();
    }

    /// <summary>
    /// Puts the config in the slot. The task ends with the first outcome of pushing it, or is cancelled when a newer one takes its place;
    /// the loop goes on by itself where the outcome is no verdict.
    /// </summary>
    public Task<PushOutcome> Offer(StampedConfig config)
    {
        lock (_lock)
        {
            if (_wanted is not null && _wanted.Revision == config.Revision && _wanted.Hash == config.Hash)
                return _outcome.Task;
            _wanted = config;
            _outcome.TrySetCanceled();
            _outcome = NewOutcome();
            _wake.TrySetResult();
            return _outcome.Task;
        }
    }

    private async Task RunAsync(CancellationToken stop)
    {
        var failures = 0;
        while (!stop.IsCancellationRequested)
        {
            var wake = Rearm();
            try
            {
                var outcome = await StepAsync(stop);
                failures = outcome is null or { IsVerdict: true } ? 0 : failures + 1;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e)
            {
                LogBroken(e, State.Pod.Name);
                failures++;
            }

            var pause = failures == 0 ? _options.AntiEntropyInterval : _options.Backoff.Delay(failures);
            await wake.WaitAsync(pause, _time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Pushes what is wanted and not yet judged, else asks the pod what it serves. Null: all is as it should be.</summary>
    private async Task<PushOutcome?> StepAsync(CancellationToken stop)
    {
        var (wanted, state) = Read();
        if (wanted is not null && !state.HasJudged(wanted))
            return await PushAsync(wanted, stop);

        var (status, failure) = await _client.StatusAsync(state.Pod, stop);
        if (status is null)
        {
            Change(s => s with { IsReachable = false });
            return failure;
        }

        Change(s => s with { Status = status, IsReachable = true });
        var lost = wanted is not null && state.Serves(wanted) && (status.Revision != wanted.Revision || status.Hash != wanted.Hash);
        return lost ? await PushAsync(wanted!, stop) : null;
    }

    private async Task<PushOutcome> PushAsync(StampedConfig wanted, CancellationToken stop)
    {
        var outcome = Believed(await _client.PushAsync(State.Pod, wanted, stop));
        var status = outcome is PushOutcome.Acknowledged ? (await _client.StatusAsync(State.Pod, stop)).Status : null;
        LogPushed(wanted.Revision, State.Pod.Name, outcome.GetType().Name);
        Change(s => s with
        {
            Outcome = outcome,
            OfferedRevision = wanted.Revision,
            OfferedHash = wanted.Hash,
            AcknowledgedRevision = outcome is PushOutcome.Acknowledged ? wanted.Revision : s.AcknowledgedRevision,
            AcknowledgedHash = outcome is PushOutcome.Acknowledged ? wanted.Hash : s.AcknowledgedHash,
            AcknowledgedTime = outcome is PushOutcome.Acknowledged ? _time.GetUtcNow() : s.AcknowledgedTime,
            IsReachable = outcome is not PushOutcome.Unreachable,
            Status = status ?? s.Status,
        });
        lock (_lock)
        {
            if (ReferenceEquals(_wanted, wanted))
                Settle(outcome);
        }

        return outcome;
    }

    private PushOutcome Believed(PushOutcome outcome)
    {
        _older = outcome switch
        {
            PushOutcome.Older => _older + 1,
            PushOutcome.Acknowledged => 0,
            _ => _older,
        };
        return outcome is PushOutcome.Older older && _older > MaxOlder
            ? new PushOutcome.Malformed($"claims to be ahead of whatever it is offered, now at revision {older.Revision}")
            : outcome;
    }

    /// <summary>Whoever asks from now on gets the newest outcome, whoever waits gets the first.</summary>
    private void Settle(PushOutcome outcome)
    {
        if (_outcome.TrySetResult(outcome))
            return;
        _outcome = NewOutcome();
        _outcome.SetResult(outcome);
    }

    private (StampedConfig? Wanted, PodState State) Read()
    {
        lock (_lock)
            return (_wanted, _state);
    }

    private void Change(Func<PodState, PodState> change)
    {
        lock (_lock)
        {
            var before = _state;
            _state = change(before);
            if (_state.SaysTheSameAs(before))
                return;
        }

        _changed();
    }

    private Task Rearm()
    {
        lock (_lock)
        {
            if (_wake.Task.IsCompleted)
                _wake = NewWake();
            return _wake.Task;
        }
    }

    private static TaskCompletionSource<PushOutcome> NewOutcome() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static TaskCompletionSource NewWake() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(1001, LogLevel.Debug, "Pushed revision {Revision} to {Pod}: {Outcome}")]
    private partial void LogPushed(long revision, string pod, string outcome);

    [LoggerMessage(1002, LogLevel.Error, "The push to {Pod} failed in an unforeseen way and goes on")]
    private partial void LogBroken(Exception exception, string pod);
}
