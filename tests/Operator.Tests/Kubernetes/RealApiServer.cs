using Operator.Kubernetes;
using Support.ControlPlane;

[assembly: AssemblyFixture(typeof(Operator.Tests.Kubernetes.RealApiServer))]

namespace Operator.Tests.Kubernetes;

/// <summary>
/// The one real API server of all tests that want one: with <c>USE_EXISTING_CLUSTER=true</c> that of KUBECONFIG, else one of our own, which
/// the first of them starts.
/// </summary>
public sealed class RealApiServer : IAsyncDisposable
{
    private readonly Lazy<Task<KubeApiServer>> _own = new(() => KubeApiServer.StartAsync());

    public async ValueTask DisposeAsync()
    {
        if (_own.IsValueCreated)
            await (await _own.Value).DisposeAsync();
    }

    /// <summary>An administrator's; skips the test where there is no server.</summary>
    internal static async Task<ClusterAccess> AccessAsync()
    {
        var config = new KubeConfig(Environment.GetEnvironmentVariable, TimeProvider.System).Load(await FileAsync());
        return config.Access ?? throw new InvalidOperationException(config.Problem);
    }

    /// <summary>The kubeconfig; null: where the environment says.</summary>
    private static async Task<string?> FileAsync()
    {
        if (Environment.GetEnvironmentVariable("USE_EXISTING_CLUSTER") == "true")
            return null;
        Assert.SkipWhen(ControlPlaneBinaries.Missing is not null, $"{ControlPlaneBinaries.Missing}, nor USE_EXISTING_CLUSTER=true");
        var shared = await TestContext.Current.GetFixture<RealApiServer>();
        return (await shared!._own.Value).KubeConfig;
    }
}
