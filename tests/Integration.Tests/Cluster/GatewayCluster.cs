using Support.Cluster;
using Support.ControlPlane;

namespace Integration.Tests.Cluster;

/// <summary>
/// A real API server with its controllers, the product installed in it by <c>kubectl</c>, the operator as a process with no other rights
/// than its roles give it, and gateways as real processes in the place of pods. For the tests of one class; nothing where there are no
/// binaries.
/// </summary>
public sealed class GatewayCluster : IAsyncLifetime
{
    private static readonly TimeSpan s_restartDelay = TimeSpan.FromSeconds(1);

    private InstalledCluster? _installed;
    private readonly Stack<OperatorProcess> _operators = new();
    private Task _supervision = Task.CompletedTask;

    /// <summary>Skips the test where there is none.</summary>
    public KubeApiServer Server
    {
        get
        {
            Assert.SkipWhen(_installed is null, ControlPlaneBinaries.MissingControllers ?? "");
            return _installed!.Server;
        }
    }

    /// <summary>Of <see cref="Server"/>, with an administrator's rights.</summary>
    public ClusterApi Api => new(Server.Client);

    /// <summary>Runs the pods.</summary>
    public Kubelet Kubelet => _installed!.Kubelet;

    internal Kubectl Kubectl => new(Server.KubeConfig, TestContext.Current.CancellationToken);

    /// <summary>The newest one.</summary>
    internal OperatorProcess Operator => _operators.Peek();

    /// <summary>What all of them have written.</summary>
    internal string OperatorOutput => string.Join("\n---\n", _operators.Reverse().Select(o => o.Output));

    public async ValueTask InitializeAsync()
    {
        if (ControlPlaneBinaries.MissingControllers is not null)
            return;
        _installed = await InstalledCluster.StartAsync(TimeSpan.FromSeconds(1), null, TestContext.Current.CancellationToken);
        StartOperator();
    }

    /// <summary>A new namespace; its name.</summary>
    internal async Task<ClusterSpace> SpaceAsync()
    {
        var created = await Api.CreateAsync("api/v1/namespaces", new() { ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["generateName"] = "team-" } });
        return new(this, (string)created["metadata"]!["name"]!);
    }

    /// <summary>Anew, after a test has stopped or killed it. One that ends by itself is started again, as a Deployment does.</summary>
    internal void StartOperator()
    {
        _operators.Push(_installed!.StartOperator());
        _supervision = SuperviseAsync();
    }

    private async Task SuperviseAsync()
    {
        while (await Operator.EndAsync())
        {
            await Task.Delay(s_restartDelay);
            _operators.Push(_installed!.StartOperator());
        }
    }

    public async ValueTask DisposeAsync()
    {
        while (_operators.TryPeek(out var running) && !_supervision.IsCompleted)
        {
            await running.KillAsync();
            await Task.WhenAny(_supervision, Task.Delay(s_restartDelay * 2));
        }

        foreach (var ended in _operators)
            await ended.DisposeAsync();
        if (_installed is not null)
            await _installed.DisposeAsync();
    }
}
