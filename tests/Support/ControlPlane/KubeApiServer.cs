using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;

namespace Support.ControlPlane;

/// <summary>
/// A real API server with its etcd, on loopback, for one test class. There are no controllers: nothing collects garbage or starts pods.
/// </summary>
public sealed class KubeApiServer : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    private readonly string _folder;
    private readonly ControlPlaneCertificates _certificates;
    private readonly Stack<ControlPlaneProcess> _processes = new();

    private KubeApiServer(string folder)
    {
        _folder = folder;
        _certificates = ControlPlaneCertificates.Create(folder);
        Address = new($"https://127.0.0.1:{FreePort()}/");
        KubeConfig = Path.Combine(folder, "kubeconfig");
        Client = CreateClient();
    }

    /// <summary>Its root.</summary>
    public Uri Address { get; }

    /// <summary>A file that <c>kubectl</c> reads; with an administrator's rights.</summary>
    public string KubeConfig { get; }

    /// <summary>With an administrator's rights.</summary>
    public HttpClient Client { get; }

    /// <summary>Returns when it is ready. Only where <see cref="ControlPlaneBinaries.Missing"/> is null.</summary>
    public static async Task<KubeApiServer> StartAsync(CancellationToken cancellation = default)
    {
        var server = new KubeApiServer(Directory.CreateTempSubdirectory("control-plane-").FullName);
        try
        {
            await server.StartEtcdAsync(cancellation);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        return server;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        while (_processes.TryPop(out var process))
            await process.DisposeAsync();
        _certificates.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private async Task StartEtcdAsync(CancellationToken cancellation)
    {
        var etcd = $"http://127.0.0.1:{FreePort()}";
        var peers = $"http://127.0.0.1:{FreePort()}";
        _processes.Push(new(
            "etcd",
            $"--data-dir={Path.Combine(_folder, "etcd")}",
            $"--listen-client-urls={etcd}",
            $"--advertise-client-urls={etcd}",
            $"--listen-peer-urls={peers}",
            $"--initial-advertise-peer-urls={peers}",
            $"--initial-cluster=default={peers}"));
        _processes.Push(new("kube-apiserver", [.. Arguments(etcd)]));
        await File.WriteAllTextAsync(KubeConfig, KubeConfigJson().ToJsonString(), cancellation);
        await WaitUntilReadyAsync(cancellation);
    }

    private IEnumerable<string> Arguments(string etcd) =>
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

        // Pods want a default ServiceAccount, which a controller would make.
        "--disable-admission-plugins=ServiceAccount",
    ];

    private async Task WaitUntilReadyAsync(CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        while (!await IsReadyAsync(cancellation))
        {
            if (_processes.FirstOrDefault(p => p.HasExited) is { } ended)
                throw new InvalidOperationException($"{ended.Name} ended:\n{ended.Log}");
            if (waited.Elapsed > s_patience)
                throw new TimeoutException($"kube-apiserver is not ready:\n{_processes.Peek().Log}");
            await Task.Delay(100, cancellation);
        }
    }

    private async Task<bool> IsReadyAsync(CancellationToken cancellation)
    {
        try
        {
            using var answer = await Client.GetAsync(new Uri("readyz", UriKind.Relative), cancellation);
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

    /// <summary>JSON is YAML.</summary>
    private JsonObject KubeConfigJson() => new()
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
            ["client-certificate"] = _certificates.PathOf("admin.crt"),
            ["client-key"] = _certificates.PathOf("admin.key"),
        })),
    };

    private static JsonObject Named(string member, JsonObject value) => new() { ["name"] = "test", [member] = value };

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
