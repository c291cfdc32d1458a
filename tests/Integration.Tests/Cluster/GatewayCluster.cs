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

    private static readonly TimeSpan s_restartDelay = TimeSpan.FromSeconds(1);

    private KubeApiServer? _server;
    private Kubelet? _kubelet;
    private readonly Stack<OperatorProcess> _operators = new();
    private Task _supervision = Task.CompletedTask;

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

    /// <summary>The newest one.</summary>
    internal OperatorProcess Operator => _operators.Peek();

    /// <summary>What all of them have written.</summary>
    internal string OperatorOutput => string.Join("\n---\n", _operators.Reverse().Select(o => o.Output));

    public async ValueTask InitializeAsync()
    {
        if (ControlPlaneBinaries.MissingControllers is not null)
            return;
        _server = await KubeApiServer.StartAsync(withControllers: true, InstallAsync, TestContext.Current.CancellationToken);
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

    /// <summary>Anew, after a test has stopped or killed it. One that ends by itself is started again, as a Deployment does.</summary>
    internal void StartOperator()
    {
        var account = $"system:serviceaccount:{Home}:llm-gateway-operator";
        var kubeConfig = _server!.KubeConfigOf(account, "system:serviceaccounts", $"system:serviceaccounts:{Home}");
        _operators.Push(OperatorProcess.Start(kubeConfig, Home));
        _supervision = SuperviseAsync(kubeConfig);
    }

    private static async Task InstallAsync(KubeApiServer server)
    {
        var kubectl = new Kubectl(server.KubeConfig);
        await kubectl.RunAsync("apply", "--server-side", "-k", "config/default");
        await kubectl.RunAsync("wait", "--for=condition=Established", "crd", "--all");
    }

    private async Task SuperviseAsync(string kubeConfig)
    {
        while (await Operator.EndAsync())
        {
            await Task.Delay(s_restartDelay);
            _operators.Push(OperatorProcess.Start(kubeConfig, Home));
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
        if (_kubelet is not null)
            await _kubelet.DisposeAsync();
        if (_server is not null)
            await _server.DisposeAsync();
    }
}
