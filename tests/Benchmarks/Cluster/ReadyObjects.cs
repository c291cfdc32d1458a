using System.Text.Json.Nodes;
using Benchmarks.Load;
using Support.Cluster;

namespace Benchmarks.Cluster;

/// <summary>Objects of ours that become Ready, as watches tell it.</summary>
internal sealed class ReadyObjects : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly HashSet<(string Kind, string Name)> _ready = [];
    private readonly TaskCompletionSource<long> _all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _over = new();
    private readonly Task _watching;
    private readonly int _count;

    public ReadyObjects(ClusterApi api, BenchSpace space, int count)
    {
        _count = count;
        _watching = Task.WhenAll(new[] { "modelroutes", "virtualkeys", "budgets" }.Select(kind =>
            new ObjectMirror(api, space.Collection(kind), value => Look(kind, value)).RunAsync(_over.Token)));
    }

    /// <summary>When the last of them was, by <see cref="Clock"/>.</summary>
    public Task<long> All => _all.Task;

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        await _watching.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _over.Dispose();
    }

    private void Look(string kind, JsonObject value)
    {
        if (!GatewayState.IsReadyOf(value))
            return;
        lock (_lock)
        {
            if (_ready.Add((kind, (string)value["metadata"]!["name"]!)) && _ready.Count == _count)
                _all.TrySetResult(Clock.Now);
        }
    }
}
