using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>Where the objects of a kind stand in the API.</summary>
/// <typeparam name="T">What they are read as.</typeparam>
internal sealed record ResourceType<T>
    where T : KubernetesObject
{
    /// <summary><c>v1</c> or <c>group/version</c>.</summary>
    public required string ApiVersion { get; init; }

    /// <summary>As in the URL.</summary>
    public required string Plural { get; init; }

    /// <summary>False where the kind belongs to the cluster as a whole. Default true.</summary>
    public bool IsNamespaced { get; init; } = true;

    /// <summary>The server is asked for metadata only. Default false.</summary>
    public bool IsMetadataOnly { get; init; }

    /// <summary>What is kept of each object that is listed or watched, applied page by page; null: all of it. Default null.</summary>
    public Func<T, T>? Keep { get; init; }

    /// <summary>Of the URL. Without a namespace: of all of them; without a name: of the collection.</summary>
    public string Path(string? @namespace, string? name = null, string? subresource = null)
    {
        var root = ApiVersion.Contains('/') ? "/apis/" : "/api/";
        var scope = IsNamespaced && !string.IsNullOrEmpty(@namespace) ? $"/namespaces/{Uri.EscapeDataString(@namespace)}" : "";
        var item = name is null ? "" : "/" + Uri.EscapeDataString(name);
        return $"{root}{ApiVersion}{scope}/{Plural}{item}{(subresource is null ? "" : "/" + subresource)}";
    }

    /// <summary>The same objects, of which nothing but the metadata is sent.</summary>
    public ResourceType<PartialObjectMetadata> MetadataOnly() =>
        new() { ApiVersion = ApiVersion, Plural = Plural, IsNamespaced = IsNamespaced, IsMetadataOnly = true };

    public override string ToString() => $"{Plural} ({ApiVersion})";
}
