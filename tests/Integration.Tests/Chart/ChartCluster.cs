using System.Diagnostics;
using System.Text.Json.Nodes;
using Support.Cluster;
using Support.ControlPlane;

namespace Integration.Tests.Chart;

/// <summary>
/// A real API server with its controllers, into which helm installs; gateways are real processes in the place of pods, and so is the
/// operator, with the options that its Deployment gives and the rights of its ServiceAccount.
/// </summary>
internal sealed class ChartCluster : IAsyncDisposable
{
    /// <summary>Where it is installed; only restricted pods are admitted.</summary>
    public const string Namespace = "llm";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly KubeApiServer _server;
    private readonly Kubelet _kubelet;
    private OperatorProcess? _operator;

    private ChartCluster(KubeApiServer server)
    {
        _server = server;
        var options = new KubeletOptions { GatewayProgram = InstalledCluster.ProgramOf("Gateway"), MaxGrace = TimeSpan.FromSeconds(1) };
        _kubelet = Kubelet.Start(server.Client, options);
    }

    public ClusterApi Api => new(_server.Client);

    /// <summary>An administrator's.</summary>
    public string KubeConfig => _server.KubeConfig;

    public Kubectl Kubectl => new(_server.KubeConfig, Cancellation);

    public Helm Helm => new(_server.KubeConfig, Cancellation);

    /// <summary>Of gateways in the namespace.</summary>
    public IReadOnlyList<Pod> Pods => _kubelet.PodsOf(Namespace);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Skips the test where there is no control plane.</summary>
    public static async Task<ChartCluster> StartAsync()
    {
        Assert.SkipWhen(ControlPlaneBinaries.MissingControllers is not null, ControlPlaneBinaries.MissingControllers ?? "");
        var cluster = new ChartCluster(await KubeApiServer.StartAsync(withControllers: true, cancellation: Cancellation));
        await cluster.Api.CreateAsync("api/v1/namespaces", new()
        {
            ["metadata"] = new JsonObject
            {
                ["name"] = Namespace,
                ["labels"] = new JsonObject { ["pod-security.kubernetes.io/enforce"] = "restricted" },
            },
        }, Cancellation);
        return cluster;
    }

    /// <summary>In the place of the one before, as after a change of its Deployment.</summary>
    public async Task RollOperatorAsync()
    {
        await StopOperatorAsync();
        var deployment = await Api.GetAsync($"apis/apps/v1/namespaces/{Namespace}/deployments/llm-gateway-operator", Cancellation);
        var pod = deployment["spec"]!["template"]!["spec"]!;
        var user = $"system:serviceaccount:{Namespace}:{pod["serviceAccountName"]}";
        var config = _server.KubeConfigOf(user, "system:serviceaccounts", $"system:serviceaccounts:{Namespace}");
        var arguments = pod["containers"]![0]!["args"]!.AsArray().Select(a => (string)a!).ToList();
        arguments[0].ShouldBe("run");
        _operator = OperatorProcess.Start(config, Namespace, null, arguments[1..]);
    }

    public async Task StopOperatorAsync()
    {
        if (_operator is null)
            return;
        (await _operator.StopAsync()).ShouldBe(0, _operator.Output);
        await _operator.DisposeAsync();
        _operator = null;
    }

    /// <summary>Waits for what other processes do. Fails with what the operator has said.</summary>
    public Task UntilAsync(string what, Func<Task<bool>> condition) => UntilAsync(() => what, condition);

    /// <inheritdoc cref="UntilAsync(string, Func{Task{bool}})"/>
    public async Task UntilAsync(Func<string> what, Func<Task<bool>> condition)
    {
        var waited = Stopwatch.StartNew();
        while (!await condition())
        {
            if (waited.Elapsed > s_patience)
            {
                var objects = await Kubectl.TryAsync("get", "all,configmaps,secrets,events", "-n", Namespace);
                Assert.Fail($"not in time: {what()}\n{objects.Output}{objects.Error}\n{_operator?.Output}");
            }

            await Task.Delay(50, Cancellation);
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await (_operator?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _kubelet.DisposeAsync();
        await _server.DisposeAsync();
    }
}
