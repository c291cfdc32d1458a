namespace Gateway.Server.Budget.Files;

/// <summary>
/// Calls back at an interval, on a thread of its own: what it does may wait for a disk, and no thread that serves requests should. Beats
/// never overlap; one that takes long delays the next.
/// </summary>
internal sealed class Heartbeat : IDisposable
{
    private readonly AutoResetEvent _due = new(initialState: false);
    private readonly Action _beat;
    private readonly ITimer _timer;
    private readonly Thread _thread;
    private volatile bool _stopped;

    public Heartbeat(TimeProvider time, TimeSpan interval, Action beat)
    {
        _beat = beat;
        _thread = new(Run) { IsBackground = true, Name = nameof(Heartbeat) };
        _timer = time.CreateTimer(static due => ((AutoResetEvent)due!).Set(), _due, interval, interval);
        _thread.Start();
    }

    /// <summary>Returns when the last beat has ended.</summary>
    public void Dispose()
    {
        _stopped = true;
        _timer.Dispose();
        _due.Set();
        _thread.Join();
    }

    private void Run()
    {
        while (_due.WaitOne() && !_stopped)
            _beat();
    }
}
