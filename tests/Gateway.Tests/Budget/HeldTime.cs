namespace Gateway.Tests.Budget;

/// <summary>Whoever asks how late it is waits until it may go on.</summary>
internal sealed class HeldTime : TimeProvider, IDisposable
{
    private readonly ManualResetEventSlim _go = new();

    public void Go() => _go.Set();

    public override long GetTimestamp()
    {
        _go.Wait();
        return base.GetTimestamp();
    }

    public void Dispose() => _go.Dispose();
}
