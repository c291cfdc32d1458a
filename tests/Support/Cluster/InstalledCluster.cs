using Support.ControlPlane;

namespace Support.Cluster;

/// <summary>
/// A real API server with its controllers, the product installed in it by <c>kubectl</c>, and gateways as real processes in the place of
/// pods. Operators are started on top: processes with no other rights than the product's roles give.
/// </summary>
public sealed class InstalledCluster : IAsyncDisposable
{
    /// <summary>Where the operator is installed.</summary>
    public const string Home = "llm-gateway-system";

    /// <summary>As whom the operator speaks to the API server.</summary>
    public const string OperatorUser = $"system:serviceaccount:{Home}:llm-gateway-operator";

    private readonly string _operatorKubeConfig;

    private InstalledCluster(KubeApiServer server, TimeSpan maxGrace)
    {
        Server = server;
        Kubelet = Kubelet.Start(server.Client, new() { GatewayProgram = ProgramOf("Gateway"), MaxGrace = maxGrace });
        _operatorKubeConfig = server.KubeConfigOf(OperatorUser, "system:serviceaccounts", $"system:serviceaccounts:{Home}");
    }

    /// <summary>Its API.</summary>
    public KubeApiServer Server { get; }

    /// <summary>Runs the pods.</summary>
    public Kubelet Kubelet { get; }

    /// <summary>Only where <see cref="ControlPlaneBinaries.MissingControllers"/> is null.</summary>
    /// <param name="maxGrace">See <see cref="KubeletOptions.MaxGrace"/>.</param>
    /// <param name="auditedUser">See <see cref="KubeApiServer.AuditLog"/>.</param>
    /// <param name="cancellation">Ends the start.</param>
    public static async Task<InstalledCluster> StartAsync(TimeSpan maxGrace, string? auditedUser, CancellationToken cancellation)
    {
        return new(await KubeApiServer.StartAsync(withControllers: true, InstallAsync, auditedUser, cancellation), maxGrace);
    }

    /// <summary>As its Deployment does; the caller ends it.</summary>
    public OperatorProcess StartOperator() => OperatorProcess.Start(_operatorKubeConfig, Home);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Kubelet.DisposeAsync();
        await Server.DisposeAsync();
    }

    private static async Task InstallAsync(KubeApiServer server)
    {
        var kubectl = new Kubectl(server.KubeConfig);
        await kubectl.RunAsync("apply", "--server-side", "-k", "config/default");
        await kubectl.RunAsync("wait", "--for=condition=Established", "crd", "--all");
    }

    /// <summary>
    /// A program of ours: the one that the environment names (<c>OPERATOR_PROGRAM</c>), or built as the caller is, for release or for debugging.
    /// </summary>
    public static string ProgramOf(string project)
    {
        if (Environment.GetEnvironmentVariable($"{project.ToUpperInvariant()}_PROGRAM") is { Length: > 0 } given)
            return given;
        var configuration = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));
#pragma warning disable CA1308 // Its name on disk.
        return Path.Combine(GoldenFile.RepositoryRoot, "artifacts", "bin", project, configuration, project.ToLowerInvariant());
#pragma warning restore CA1308
    }
}
