using Support;
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
    /// <summary>Where the operator is installed.</summary>
    public const string Home = "llm-gateway-system";

    private KubeApiServer? _server;
    private Kubelet? _kubelet;
    private OperatorProcess? _operator;

    /// <summary>Skips the test where there is none.</summary>
    public KubeApiServer Server
    {
        get
        {
            Assert.SkipWhen(_server is null, ControlPlaneBinaries.MissingControllers ?? "");
            return _server!;
        }
    }

    /// <summary>Of <see cref="Server"/>, with an administrator's rights.</summary>
    public ClusterApi Api => new(Server.Client);

    /// <summary>Runs the pods.</summary>
    public Kubelet Kubelet => _kubelet!;

    internal Kubectl Kubectl => new(Server.KubeConfig);

    internal OperatorProcess Operator => _operator!;

    public async ValueTask InitializeAsync()
    {
        if (ControlPlaneBinaries.MissingControllers is not null)
            return;
        _server = await KubeApiServer.StartAsync(withControllers: true, TestContext.Current.CancellationToken);
        await Kubectl.RunAsync("apply", "--server-side", "-k", "config/default");
        await Kubectl.RunAsync("wait", "--for=condition=Established", "crd", "--all");
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
        _kubelet = Kubelet.Start(_server.Client, new()
        {
            GatewayProgram = Path.Combine(GoldenFile.RepositoryRoot, "artifacts", "bin", "Gateway", configuration, "gateway"),
            MaxGrace = TimeSpan.FromSeconds(1),
        });
        StartOperator();
    }

    /// <summary>A new namespace; its name.</summary>
    internal async Task<ClusterSpace> SpaceAsync()
    {
        var created = await Api.CreateAsync("api/v1/namespaces", new() { ["metadata"] = new System.Text.Json.Nodes.JsonObject { ["generateName"] = "team-" } });
        return new(this, (string)created["metadata"]!["name"]!);
    }

    /// <summary>Anew, after it was stopped or killed.</summary>
    internal void StartOperator() =>
        _operator = OperatorProcess.Start(
            _server!.KubeConfigOf($"system:serviceaccount:{Home}:llm-gateway-operator", "system:serviceaccounts", $"system:serviceaccounts:{Home}"),
            Home);

    public async ValueTask DisposeAsync()
    {
        if (_operator is not null)
            await _operator.DisposeAsync();
        if (_kubelet is not null)
            await _kubelet.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
