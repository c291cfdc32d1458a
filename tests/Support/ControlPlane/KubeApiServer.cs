using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Support.ControlPlane;

/// <summary>
/// A real API server with its etcd, on loopback, for one test class, and with the controllers that pods, namespaces and garbage need,
/// where they are wanted. There is no scheduler and no kubelet: <see cref="Cluster.Kubelet"/> plays them. Its port and its data stay
/// the same however often it is stopped, killed and started again.
/// </summary>
/// <example>
/// <code>
/// await using var server = await KubeApiServer.StartAsync(withControllers: true);
/// await server.KillAsync();
/// await server.StartAgainAsync();
/// </code>
/// </example>
public sealed class KubeApiServer : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    /// <summary>Those that make pods from Deployments, and those without which something would stay Terminating.</summary>
    private const string Controllers =
        "deployment-controller,replicaset-controller,garbage-collector-controller,namespace-controller,serviceaccount-controller,"
        + "persistentvolumeclaim-protection-controller,clusterrole-aggregation-controller,resourcequota-controller,"
        + "horizontal-pod-autoscaler-controller";

    private readonly string _folder;
    private readonly ControlPlaneCertificates _certificates;
    private readonly Stack<ControlPlaneProcess> _processes = new();
    private int _backups;

    private KubeApiServer(string folder, bool withControllers, string? auditedUser)
    {
        _folder = folder;
        HasControllers = withControllers;
        AuditLog = auditedUser is null ? null : new(folder, auditedUser);
        _certificates = ControlPlaneCertificates.Create(folder);
        _certificates.IssueClient("controllers", "system:kube-controller-manager", "system:masters");
        Address = new($"https://127.0.0.1:{FreePort()}/");
        KubeConfig = WriteKubeConfig("admin");
        Client = CreateClient();
    }

    /// <summary>Its root.</summary>
    public Uri Address { get; }

    /// <summary>A file that <c>kubectl</c> reads; with an administrator's rights.</summary>
    public string KubeConfig { get; }

    /// <summary>With an administrator's rights.</summary>
    public HttpClient Client { get; }

    /// <summary>Whether kube-controller-manager runs.</summary>
    public bool HasControllers { get; }

    /// <summary>What the audited user has written; null where nobody is audited.</summary>
    public AuditLog? AuditLog { get; }

    private string Data => Path.Combine(_folder, "etcd");

    /// <summary>
    /// Returns when it is ready. Only where <see cref="ControlPlaneBinaries.Missing"/>, or with controllers
    /// <see cref="ControlPlaneBinaries.MissingControllers"/>, is null.
    /// </summary>
    /// <param name="withControllers">Whether kube-controller-manager is to run, too.</param>
    /// <param name="prepare">
    /// Makes what controllers are to find, definitions above all: the garbage collector looks for new ones each 30 s only.
    /// </param>
    /// <param name="auditedUser">Whose writes <see cref="AuditLog"/> has.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<KubeApiServer> StartAsync(
        bool withControllers,
        Func<KubeApiServer, Task>? prepare = null,
        string? auditedUser = null,
        CancellationToken cancellation = default)
    {
        var server = new KubeApiServer(Directory.CreateTempSubdirectory("control-plane-").FullName, withControllers, auditedUser);
        try
        {
            await server.StartApiAsync(cancellation);
            await (prepare?.Invoke(server) ?? Task.CompletedTask);
            await server.StartControllersAsync(cancellation);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    /// <summary>Without controllers.</summary>
    public static Task<KubeApiServer> StartAsync(CancellationToken cancellation = default) => StartAsync(false, cancellation: cancellation);

    /// <summary>A kubeconfig file for somebody who has no rights but those that roles give.</summary>
    public string KubeConfigOf(string user, params IEnumerable<string> groups)
    {
        var file = user.Replace(':', '.');
        _certificates.IssueClient(file, user, groups);
        return WriteKubeConfig(file);
    }

    /// <summary>As <c>kill -9</c> of all its processes.</summary>
    public async Task KillAsync()
    {
        while (_processes.TryPop(out var process))
            await process.DisposeAsync();
    }

    /// <summary>After <see cref="KillAsync"/>, on the same port and data; returns when it is ready.</summary>
    public async Task StartAgainAsync(CancellationToken cancellation = default)
    {
        await StartApiAsync(cancellation);
        await StartControllersAsync(cancellation);
    }

    /// <summary>The API server takes connections and answers none, as behind a broken network, until <see cref="ContinueAsync"/>.</summary>
    public Task PauseAsync() => ApiServer.SignalAsync("STOP");

    /// <inheritdoc cref="PauseAsync"/>
    public Task ContinueAsync() => ApiServer.SignalAsync("CONT");

    /// <summary>Kills it, copies its data and starts it again; give the answer to <see cref="RestoreAsync"/>.</summary>
    public async Task<string> SaveAsync(CancellationToken cancellation = default)
    {
        var backup = $"{Data}-{++_backups}";
        await KillAsync();
        Copy(Data, backup);
        await StartAgainAsync(cancellation);
        return backup;
    }

    /// <summary>Goes back to what was saved, versions included, as an administrator does who restores a backup.</summary>
    public async Task RestoreAsync(string backup, CancellationToken cancellation = default)
    {
        await KillAsync();
        Directory.Delete(Data, recursive: true);
        Copy(backup, Data);
        await StartAgainAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await KillAsync();
        _certificates.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private ControlPlaneProcess ApiServer => _processes.Single(p => p.Name == "kube-apiserver");

    private async Task StartApiAsync(CancellationToken cancellation)
    {
        var etcd = $"http://127.0.0.1:{FreePort()}";
        var peers = $"http://127.0.0.1:{FreePort()}";
        _processes.Push(new(
            "etcd",
            $"--data-dir={Data}",
            $"--listen-client-urls={etcd}",
            $"--advertise-client-urls={etcd}",
            $"--listen-peer-urls={peers}",
            $"--initial-advertise-peer-urls={peers}",
            $"--initial-cluster=default={peers}"));
        _processes.Push(new("kube-apiserver", [.. Arguments(etcd)]));
        await WaitUntilAsync("readyz", cancellation);
    }

    private async Task StartControllersAsync(CancellationToken cancellation)
    {
        if (!HasControllers)
            return;
        _processes.Push(new("kube-controller-manager", [.. ControllerArguments()]));
        await WaitUntilAsync("api/v1/namespaces/default/serviceaccounts/default", cancellation);
    }

    private IEnumerable<string> Arguments(string etcd)
    {
        string[] arguments =
        [
            $"--etcd-servers={etcd}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            $"--secure-port={Address.Port}",
            $"--tls-cert-file={_certificates.PathOf("serving.crt")}",
            $"--tls-private-key-file={_certificates.PathOf("serving.key")}",
            $"--client-ca-file={_certificates.PathOf("ca.crt")}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--endpoint-reconciler-type=none",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            $"--service-account-key-file={_certificates.PathOf("accounts.pub")}",
            $"--service-account-signing-key-file={_certificates.PathOf("accounts.key")}",
            .. AuditLog?.Arguments ?? [],
        ];

        // Pods want a default ServiceAccount, which a controller makes.
        return HasControllers ? arguments : arguments.Append("--disable-admission-plugins=ServiceAccount");
    }

    private IEnumerable<string> ControllerArguments()
    {
        var kubeConfig = WriteKubeConfig("controllers");
        return
        [
            $"--kubeconfig={kubeConfig}",
            $"--authentication-kubeconfig={kubeConfig}",
            $"--authorization-kubeconfig={kubeConfig}",
            "--bind-address=127.0.0.1",
            $"--secure-port={FreePort()}",
            $"--cert-dir={Path.Combine(_folder, "controllers")}",
            "--leader-elect=false",
            $"--controllers={Controllers}",
            "--horizontal-pod-autoscaler-sync-period=1s",
            $"--service-account-private-key-file={_certificates.PathOf("accounts.key")}",
        ];
    }

    private async Task WaitUntilAsync(string path, CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        while (!await IsThereAsync(path, cancellation))
        {
            if (_processes.FirstOrDefault(p => p.HasExited) is { } ended)
                throw new InvalidOperationException($"{ended.Name} ended:\n{ended.Log}");
            if (waited.Elapsed > s_patience)
                throw new TimeoutException($"{_processes.Peek().Name} is not ready:\n{_processes.Peek().Log}");
            await Task.Delay(100, cancellation);
        }
    }

    private async Task<bool> IsThereAsync(string path, CancellationToken cancellation)
    {
        try
        {
            using var answer = await Client.GetAsync(new Uri(path, UriKind.Relative), cancellation);
            return answer.StatusCode == HttpStatusCode.OK;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    private HttpClient CreateClient()
    {
        var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.ClientCertificates = [_certificates.Admin];
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.Add(_certificates.Authority);
        return new(handler) { BaseAddress = Address };
    }

    private string WriteKubeConfig(string client)
    {
        var path = Path.Combine(_folder, client == "admin" ? "kubeconfig" : $"{client}.kubeconfig");
        File.WriteAllText(path, KubeConfigJson(client).ToJsonString());
        return path;
    }

    /// <summary>JSON is YAML.</summary>
    private JsonObject KubeConfigJson(string client) => new()
    {
        ["apiVersion"] = "v1",
        ["kind"] = "Config",
        ["current-context"] = "test",
        ["contexts"] = new JsonArray(Named("context", new() { ["cluster"] = "test", ["user"] = "test" })),
        ["clusters"] = new JsonArray(Named("cluster", new()
        {
            ["server"] = Address.ToString(),
            ["certificate-authority"] = _certificates.PathOf("ca.crt"),
        })),
        ["users"] = new JsonArray(Named("user", new()
        {
            ["client-certificate"] = _certificates.PathOf($"{client}.crt"),
            ["client-key"] = _certificates.PathOf($"{client}.key"),
        })),
    };

    private static JsonObject Named(string member, JsonObject value) => new() { ["name"] = "test", [member] = value };

    private static void Copy(string from, string to)
    {
        foreach (var folder in Directory.GetDirectories(from, "*", SearchOption.AllDirectories).Prepend(from))
            Directory.CreateDirectory(Path.Combine(to, Path.GetRelativePath(from, folder)));
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
            File.Copy(file, Path.Combine(to, Path.GetRelativePath(from, file)));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
