namespace Gateway.Server.Budget.Postgres;

/// <summary>
/// Gathers what comes while a batch is under way into the next one: no timer, and round trips do not grow with load. The first is sent
/// at once.
/// </summary>
/// <param name="maxSize">Of a batch.</param>
/// <param name="send">Sends one; a failure is its own matter. The list is only its until it returns.</param>
internal sealed class Batcher<T>(int maxSize, Func<List<T>, Task> send)
{
    private readonly Lock _gate = new();
    private readonly Queue<(long Last, TaskCompletionSource Sent)> _drains = new();
    private List<T> _waiting = [];
    private long _added;
    private long _sent;
    private bool _isSending;

    public void Add(T item)
    {
        lock (_gate)
        {
            _waiting.Add(item);
            _added++;
            if (_isSending)
                return;
            _isSending = true;
        }

        _ = RunAsync();
    }

    /// <summary>Ends when all that was added before is sent, however much comes meanwhile.</summary>
    public Task DrainAsync()
    {
        lock (_gate)
        {
            if (!_isSending)
                return Task.CompletedTask;
            var sent = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _drains.Enqueue((_added, sent));
            return sent.Task;
        }
    }

    private async Task RunAsync()
    {
        var size = 0;
        while (Take(size) is { } batch)
        {
            size = batch.Count;
            await send(batch);
        }
    }

    /// <param name="sent">How many the batch before had.</param>
    private List<T>? Take(int sent)
    {
        lock (_gate)
        {
            _sent += sent;
            while (_drains.TryPeek(out var drain) && drain.Last <= _sent)
                _drains.Dequeue().Sent.SetResult();
            if (_waiting.Count == 0)
            {
                _isSending = false;
                return null;
            }

            var batch = _waiting;
            _waiting = batch.Count > maxSize ? batch[maxSize..] : [];
            return batch.Count > maxSize ? batch[..maxSize] : batch;
        }
    }
}
