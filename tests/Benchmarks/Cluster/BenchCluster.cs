using System.Diagnostics;
using Support.Cluster;
using Support.ControlPlane;
using Support.Stores;

namespace Benchmarks.Cluster;

/// <summary>A real API server, fsync on, with the operator as its ServiceAccount, every write of which is audited.</summary>
internal sealed class BenchCluster : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private OperatorProcess? _operator;

    private BenchCluster(InstalledCluster installed, PostgresServer postgres)
    {
        Installed = installed;
        Postgres = postgres;
    }

    public InstalledCluster Installed { get; }

    /// <summary>Three pods of one gateway must share a store.</summary>
    public PostgresServer Postgres { get; }

    public ClusterApi Api => new(Installed.Server.Client);

    public AuditLog Audit => Installed.Server.AuditLog!;

    /// <summary>The one that runs.</summary>
    public OperatorProcess Operator => _operator ?? throw new InvalidOperationException("no operator runs");

    public static async Task<BenchCluster> StartAsync()
    {
        var postgres = await PostgresServer.StartNewAsync();
        try
        {
            var audited = InstalledCluster.OperatorUser;
            return new(await InstalledCluster.StartAsync(TimeSpan.FromSeconds(1), audited, CancellationToken.None), postgres);
        }
        catch
        {
            await postgres.DisposeAsync();
            throw;
        }
    }

    public void StartOperator() => _operator = Installed.StartOperator();

    public async Task StopOperatorAsync()
    {
        if (_operator is null)
            return;
        await _operator.StopAsync();
        await _operator.DisposeAsync();
        _operator = null;
    }

    /// <summary>Memory on the operator's managed heap, by its own metric.</summary>
    public async Task<double> HeapMiBAsync() => (double)await CountAsync("dotnet_total_memory_bytes") / (1024 * 1024);

    /// <summary>How many rounds the operator's line has gone.</summary>
    public async Task<int> RoundsAsync() => (int)await CountAsync("controller_runtime_reconcile_total");

    /// <summary>Throws with what the operator has said when it is not so in five minutes.</summary>
    public async Task UntilAsync(string what, Func<Task<bool>> isSo)
    {
        var waited = Stopwatch.StartNew();
        while (!await isSo())
        {
            if (waited.Elapsed > s_patience || _operator is { HasExited: true })
                throw new TimeoutException($"not in time: {what}\n{_operator?.Output}");
            await Task.Delay(50);
        }
    }

    private async Task<decimal> CountAsync(string metric) =>
        (await Operator.MetricsAsync(CancellationToken.None))[metric].Samples.Sum(s => s.Value);

    public async ValueTask DisposeAsync()
    {
        if (_operator is not null)
            await _operator.DisposeAsync();
        await Installed.DisposeAsync();
        await Postgres.DisposeAsync();
    }
}
