using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Operator.Kubernetes;

/// <summary>The file, as far as it is read here: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/</summary>
internal sealed record KubeConfigFile
{
    public string? CurrentContext { get; init; }

    public ImmutableArray<NamedContext> Contexts { get; init; } = [];

    public ImmutableArray<NamedCluster> Clusters { get; init; } = [];

    public ImmutableArray<NamedUser> Users { get; init; } = [];

    internal sealed record NamedContext(string? Name, KubeConfigContext? Context);

    internal sealed record NamedCluster(string? Name, KubeConfigCluster? Cluster);

    internal sealed record NamedUser(string? Name, KubeConfigUser? User);
}

/// <summary>A cluster as a user.</summary>
internal sealed record KubeConfigContext
{
    public string? Cluster { get; init; }

    public string? User { get; init; }

    public string? Namespace { get; init; }
}

/// <summary>How a server is reached.</summary>
internal sealed record KubeConfigCluster
{
    public string? Server { get; init; }

    public string? CertificateAuthority { get; init; }

    public byte[]? CertificateAuthorityData { get; init; }

    public bool InsecureSkipTlsVerify { get; init; }

    public string? TlsServerName { get; init; }

    public string? ProxyUrl { get; init; }
}

/// <summary>As whom. Prints nothing of itself.</summary>
internal sealed record KubeConfigUser
{
    public string? ClientCertificate { get; init; }

    public byte[]? ClientCertificateData { get; init; }

    public string? ClientKey { get; init; }

    public byte[]? ClientKeyData { get; init; }

    public string? Token { get; init; }

    [JsonPropertyName("tokenFile")]
    public string? TokenFile { get; init; }

    public string? Username { get; init; }

    public string? Password { get; init; }

    public JsonElement? Exec { get; init; }

    public JsonElement? AuthProvider { get; init; }

    public override string ToString() => nameof(KubeConfigUser);
}
