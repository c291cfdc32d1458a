using System.Threading.Channels;

namespace Operator.Standalone;

/// <summary>Tells the loop that something has changed; never what. Many calls before it looks are one.</summary>
internal sealed class Wake
{
    private readonly Channel<bool> _signal =
        Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>From any thread; returns at once.</summary>
    public void Signal() => _signal.Writer.TryWrite(true);

    /// <summary>Until something changes, or the time is over.</summary>
    public async Task WaitAsync(TimeSpan atMost, TimeProvider time, CancellationToken cancellation)
    {
        Task signal = _signal.Reader.WaitToReadAsync(cancellation).AsTask();
        await signal.WaitAsync(atMost, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        _signal.Reader.TryRead(out _);
    }
}
