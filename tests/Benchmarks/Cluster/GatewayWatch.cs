using System.Threading.Channels;
using Benchmarks.Load;
using Support.Cluster;

namespace Benchmarks.Cluster;

/// <summary>The status of one LlmGateway as a watch tells it.</summary>
internal sealed class GatewayWatch : IAsyncDisposable
{
    private readonly Channel<(GatewayState State, long Time)> _news = Channel.CreateUnbounded<(GatewayState State, long Time)>();
    private readonly CancellationTokenSource _over = new();
    private readonly Task _watching;

    public GatewayWatch(ClusterApi api, string collection)
    {
        var mirror = new ObjectMirror(api, collection, value => _news.Writer.TryWrite((GatewayState.Of(value), Clock.Now)));
        _watching = mirror.RunAsync(_over.Token);
    }

    /// <summary>When it was told for the first time, by <see cref="Clock"/>, in what nobody has asked about yet.</summary>
    public async Task<long> UntilAsync(Func<GatewayState, bool> isSo)
    {
        await foreach (var (state, time) in _news.Reader.ReadAllAsync(_over.Token))
        {
            if (isSo(state))
                return time;
        }

        throw new InvalidOperationException("the watch is over");
    }

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _over.Dispose();
    }
}
