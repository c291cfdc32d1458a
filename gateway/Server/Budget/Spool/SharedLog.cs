namespace Gateway.Server.Budget.Spool;

/// <summary>A log for one at a time, on a volume that may hang: who must not wait for it does not.</summary>
/// <param name="log">Closed with it.</param>
/// <param name="patience">How long such a one waits.</param>
internal sealed class SharedLog<T>(SpoolLog<T> log, TimeSpan patience)
{
    private readonly Lock _lock = new();
    private Task _visit = Task.CompletedTask;
    private bool _isClosed;

    /// <inheritdoc cref="SpoolLog{T}.LostLines"/>
    public long LostLines => log.LostLines;

    /// <summary>Waits, for as long as the volume hangs. A log that is closed is not used any more.</summary>
    public void Use(Action<SpoolLog<T>> act)
    {
        lock (_lock)
        {
            if (!_isClosed)
                act(log);
        }
    }

    /// <summary>False: it is not done in time, and will be once the volume answers; nothing else is begun here before. For one caller.</summary>
    public bool TryUse(Action<SpoolLog<T>> act)
    {
        if (!_visit.IsCompleted)
            return false;
        _visit = Task.Run(() => Use(act));
        return _visit.Wait(patience);
    }

    /// <summary>Waits as <see cref="Use"/> does.</summary>
    public void Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            log.Dispose();
        }
    }
}
