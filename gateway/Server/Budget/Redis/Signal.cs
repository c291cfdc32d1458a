namespace Gateway.Server.Budget.Redis;

/// <summary>Wakes one waiter; set many times before it wakes is set once.</summary>
internal sealed class Signal : IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(0, 1);
    private int _set;

    public void Set()
    {
        if (Interlocked.Exchange(ref _set, 1) == 0)
            _semaphore.Release();
    }

    public async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        if (await _semaphore.WaitAsync(atMost, cancellationToken))
            Volatile.Write(ref _set, 0);
    }

    public void Dispose() => _semaphore.Dispose();
}
