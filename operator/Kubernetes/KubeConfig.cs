using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Operator.Standalone.Manifests;

namespace Operator.Kubernetes;

/// <summary>
/// Finds out which API server to speak to: the file that the caller names, the first file of KUBECONFIG that is there, the pod's service
/// account, <c>~/.kube/config</c>; in this order, as kubectl and controller-runtime do.
/// https://kubernetes.io/docs/concepts/configuration/organize-cluster-access-kubeconfig/
/// </summary>
/// <remarks>
/// The files of a KUBECONFIG list are not merged. Exec plugins, auth providers, passwords and proxies are refused with a message.
/// </remarks>
internal sealed class KubeConfig(Func<string, string?> environment, TimeProvider time)
{
    /// <summary>Where a pod finds its service account.</summary>
    public const string ServiceAccountFolder = "/var/run/secrets/kubernetes.io/serviceaccount";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.KebabCaseLower,
        RespectNullableAnnotations = false,
    };

    /// <summary>The access, or in one sentence why there is none.</summary>
    /// <param name="file">A kubeconfig file; null: whichever is found.</param>
    /// <param name="context">A context of that file; null: its current one.</param>
    public KubeConfigResult Load(string? file = null, string? context = null)
    {
        try
        {
            if ((file ?? FromEnvironment()) is { } named)
                return FromFile(named, context);
            if (environment("KUBERNETES_SERVICE_HOST") is { Length: > 0 })
                return InCluster(ServiceAccountFolder);
            var home = Path.Combine(environment("HOME") ?? "/", ".kube", "config");
            return File.Exists(home)
                ? FromFile(home, context)
                : Problem("there is no kubeconfig: set KUBECONFIG, write ~/.kube/config, or run in a pod with a service account");
        }
        catch (Exception e) when (
            e is IOException or UnauthorizedAccessException or JsonException or CryptographicException or UriFormatException)
        {
            return Problem($"the kubeconfig cannot be used: {e.Message}");
        }
    }

    /// <summary>From the files of a service account.</summary>
    public KubeConfigResult InCluster(string folder)
    {
        var authorities = Path.Combine(folder, "ca.crt");
        var host = environment("KUBERNETES_SERVICE_HOST") ?? "";
        var port = environment("KUBERNETES_SERVICE_PORT_HTTPS") ?? environment("KUBERNETES_SERVICE_PORT") ?? "443";
        var token = BearerToken.FromFile(Path.Combine(folder, "token"), time);
        if (token.Read().Length == 0 || ReadAuthorities(authorities).Count == 0)
            return Problem($"the service account in {folder} has no token or no certificate authority");
        return new ClusterAccess
        {
            Server = new($"https://{(host.Contains(':') ? $"[{host}]" : host)}:{port}"),
            Namespace = ReadNamespace(Path.Combine(folder, "namespace")),
            Authorities = () => ReadAuthorities(authorities),
            Token = token,
        };
    }

    private string? FromEnvironment() =>
        environment("KUBECONFIG")?.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(File.Exists);

    private KubeConfigResult FromFile(string path, string? contextName)
    {
        var yaml = YamlManifests.Parse(File.ReadAllText(path));
        if (yaml.Error is { } error)
            return Problem($"{path}:{error.Line}: {error.Message}");
        if (yaml.Documents.FirstOrDefault()?.Json.Deserialize<KubeConfigFile>(s_json) is not { } file)
            return Problem($"{path} is empty");

        var wanted = contextName ?? file.CurrentContext;
        if (file.Contexts.FirstOrDefault(c => c.Name == wanted)?.Context is not { } context)
            return Problem($"{path} has no context `{wanted}`");
        if (file.Clusters.FirstOrDefault(c => c.Name == context.Cluster)?.Cluster is not { } cluster)
            return Problem($"{path} has no cluster `{context.Cluster}`, which context `{wanted}` names");
        if (file.Users.FirstOrDefault(u => u.Name == context.User)?.User is not { } user)
            return Problem($"{path} has no user `{context.User}`, which context `{wanted}` names");
        if (Unsupported(cluster, user) is { } unsupported)
            return Problem($"{path}: {unsupported}");
        return Access(Path.GetDirectoryName(Path.GetFullPath(path))!, context, cluster, user);
    }

    private static string? Unsupported(KubeConfigCluster cluster, KubeConfigUser user)
    {
        if (user.Exec is not null)
            return "exec plugins are not supported; use a token, a token file or a client certificate"
                + " (kubectl create token prints a token of a service account)";
        if (user.AuthProvider is not null)
            return "auth providers are not supported; use a token, a token file or a client certificate";
        if (user.Username is not null || user.Password is not null)
            return "user names and passwords are not supported; no current Kubernetes takes them";
        if (cluster.ProxyUrl is not null)
            return "proxy-url is not supported";
        return cluster.Server is null ? "the cluster has no server" : null;
    }

    private ClusterAccess Access(string folder, KubeConfigContext context, KubeConfigCluster cluster, KubeConfigUser user)
    {
        string? Full(string? path) => path is null ? null : Path.GetFullPath(path, folder);
        var access = new ClusterAccess
        {
            Server = new(cluster.Server!),
            Namespace = string.IsNullOrEmpty(context.Namespace) ? "default" : context.Namespace,
            SkipsVerification = cluster.InsecureSkipTlsVerify,
            TlsServerName = cluster.TlsServerName,
            Authorities = Authorities(cluster.CertificateAuthorityData, Full(cluster.CertificateAuthority)),
            ClientCertificate = Certificate(
                (user.ClientCertificateData, Full(user.ClientCertificate)), (user.ClientKeyData, Full(user.ClientKey))),
            Token = Token(user.Token, Full(user.TokenFile)),
        };

        // Once now, so that a broken file is told at the start and not at the first handshake.
        access.Authorities?.Invoke();
        access.ClientCertificate?.Invoke().Dispose();
        access.Token?.Read();
        return access;
    }

    private static Func<X509Certificate2Collection>? Authorities(byte[]? data, string? path)
    {
        if (data is not null)
        {
            var fixedOnes = Import(Encoding.UTF8.GetString(data));
            return () => fixedOnes;
        }

        return path is null ? null : () => ReadAuthorities(path);
    }

    private static Func<X509Certificate2>? Certificate((byte[]? Data, string? Path) certificate, (byte[]? Data, string? Path) key) =>
        (certificate.Data is not null || certificate.Path is not null) && (key.Data is not null || key.Path is not null)
            ? () => X509Certificate2.CreateFromPem(Text(certificate), Text(key))
            : null;

    /// <summary>The file wins, as in kubectl.</summary>
    private BearerToken? Token(string? token, string? file) =>
        file is not null ? BearerToken.FromFile(file, time) : string.IsNullOrEmpty(token) ? null : BearerToken.Fixed(token, time);

    private static string Text((byte[]? Data, string? Path) source) =>
        source.Data is null ? File.ReadAllText(source.Path!) : Encoding.UTF8.GetString(source.Data);

    private static X509Certificate2Collection ReadAuthorities(string path) => Import(File.ReadAllText(path));

    private static X509Certificate2Collection Import(string pem)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPem(pem);
        return authorities;
    }

    private static string ReadNamespace(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : "default";

    private static KubeConfigResult Problem(string problem) => new() { Problem = problem };
}

/// <summary>The access, or why there is none.</summary>
internal sealed record KubeConfigResult
{
    /// <summary>Null where there is none.</summary>
    public ClusterAccess? Access { get; init; }

    /// <summary>What is wrong and what to do, in one sentence; null where nothing is.</summary>
    public string? Problem { get; init; }

    public static implicit operator KubeConfigResult(ClusterAccess access) => new() { Access = access };
}
