namespace Gateway.Server.Streaming;

/// <summary>Why a call ended before it was done.</summary>
internal enum EndCause
{
    None,
    Timeout,
    ClientClosed,
    Drained,
}

/// <summary>
/// The one token under which an attempt runs, and the reason when it is cancelled: time is up, the client is gone, or the gateway stops.
/// </summary>
internal sealed class CallDeadline : IDisposable
{
    private readonly CancellationTokenSource _source;
    private readonly TimeProvider _time;
    private readonly DateTimeOffset _end;
    private readonly CancellationTokenRegistration _client;
    private readonly CancellationTokenRegistration _cut;
    private int _cause;

    /// <param name="time">The clock.</param>
    /// <param name="end">When the call as a whole must be over.</param>
    /// <param name="client">Cancelled when the client goes away; <see cref="CancellationToken.None"/> for a call that runs on without
    /// it.</param>
    /// <param name="cut">Cancelled when the gateway cannot wait any longer.</param>
    public CallDeadline(TimeProvider time, DateTimeOffset end, CancellationToken client, CancellationToken cut)
    {
        _time = time;
        _end = end;
        _source = new(Timeout.InfiniteTimeSpan, time);
        _client = client.UnsafeRegister(static s => ((CallDeadline)s!).End(EndCause.ClientClosed), this);
        _cut = cut.UnsafeRegister(static s => ((CallDeadline)s!).End(EndCause.Drained), this);
    }

    public CancellationToken Token => _source.Token;

    /// <summary>Known once <see cref="Token"/> is cancelled.</summary>
    public EndCause Cause => Volatile.Read(ref _cause) is var cause and not 0 ? (EndCause)cause
        : _source.IsCancellationRequested ? EndCause.Timeout : EndCause.None;

    /// <summary>From now on so long, but never beyond the end of the call.</summary>
    public void Arm(TimeSpan span)
    {
        var rest = _end - _time.GetUtcNow();
        _source.CancelAfter(span < rest ? span : rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
    }

    public void Dispose()
    {
        _client.Dispose();
        _cut.Dispose();
        _source.Dispose();
    }

    private void End(EndCause cause)
    {
        Interlocked.CompareExchange(ref _cause, (int)cause, (int)EndCause.None);
        _source.Cancel();
    }
}
