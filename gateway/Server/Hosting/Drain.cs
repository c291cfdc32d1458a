namespace Gateway.Server.Hosting;

/// <summary>
/// How the data plane stops: unready at once, open a little longer for those who have not noticed, then calls in flight may end, then
/// they are cut. Calls enter and leave here.
/// </summary>
internal sealed class Drain : IDisposable
{
    private readonly CancellationTokenSource _cut = new();
    private readonly TaskCompletionSource _empty = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isDraining;
    private volatile bool _isClosed;
    private int _inFlight;

    /// <summary>True from the moment the process is told to stop: not ready any more.</summary>
    public bool IsDraining => _isDraining;

    /// <summary>Calls that have entered and not left.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Cancelled when time is up: a call that is still running ends with an error event and is charged for what it used.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>Every call, also while draining. To be paired with <see cref="Leave"/>.</summary>
    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Leave()
    {
        if (Interlocked.Decrement(ref _inFlight) == 0 && _isClosed)
            _empty.TrySetResult();
    }

    /// <summary>
    /// 1. unready; 2. accept for <see cref="DrainPlan.Accept"/>; 3. <paramref name="stopListening"/>; 4. wait for calls in flight, at most
    /// <see cref="DrainPlan.Timeout"/>; 5. cut what is left and give it <see cref="DrainPlan.Settle"/> to be charged and to say so.
    /// </summary>
    /// <param name="plan">How long each step takes.</param>
    /// <param name="stopListening">Takes no new connections any more; returns at once.</param>
    /// <param name="time">The clock.</param>
    /// <param name="hurry">Cuts all waiting short: the second Ctrl-C.</param>
    /// <returns>How many calls were still there at the end.</returns>
    public async Task<int> RunAsync(DrainPlan plan, Action stopListening, TimeProvider time, CancellationToken hurry)
    {
        _isDraining = true;
        await WaitAsync(Task.Delay(plan.Accept, time, hurry));

        stopListening();
        _isClosed = true;

        // Else the count could be read before the line above is seen, and neither side would notice that the last call has left.
        Interlocked.MemoryBarrier();
        if (InFlight == 0)
            return 0;

        await WaitAsync(_empty.Task.WaitAsync(plan.Timeout, time, hurry));
        if (InFlight == 0)
            return 0;

        await _cut.CancelAsync();
        await WaitAsync(_empty.Task.WaitAsync(plan.Settle, time, CancellationToken.None));
        return InFlight;
    }

    public void Dispose() => _cut.Dispose();

    private static async Task WaitAsync(Task task) =>
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
}

/// <summary>How long each step of a <see cref="Drain"/> takes.</summary>
internal sealed record DrainPlan(TimeSpan Accept, TimeSpan Timeout, TimeSpan Settle)
{
    /// <summary>
    /// SIGTERM: a load balancer needs some seconds to learn that this replica is not ready any more.
    /// </summary>
    public static DrainPlan Terminated(TimeSpan drainTimeout) => new(TimeSpan.FromSeconds(10), drainTimeout, TimeSpan.FromSeconds(5));

    /// <summary>SIGINT, Ctrl-C: nobody balances to a laptop; 5 s in all.</summary>
    public static DrainPlan Interrupted { get; } = new(TimeSpan.Zero, TimeSpan.FromSeconds(3), TimeSpan.FromMilliseconds(750));
}
