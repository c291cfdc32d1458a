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
    private List<T> _waiting = [];
    private Task _sending = Task.CompletedTask;
    private bool _isSending;

    public void Add(T item)
    {
        lock (_gate)
        {
            _waiting.Add(item);
            if (_isSending)
                return;
            _isSending = true;
        }

        _sending = RunAsync();
    }

    /// <summary>Ends when all that was added is sent.</summary>
    public async Task DrainAsync()
    {
        while (!_sending.IsCompleted || _isSending)
            await _sending;
    }

    private async Task RunAsync()
    {
        while (Take() is { } batch)
            await send(batch);
    }

    private List<T>? Take()
    {
        lock (_gate)
        {
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
