using Operator.Api;

namespace Operator.Standalone.Manifests;

/// <summary>The last good version of one object, and where it came from.</summary>
internal sealed record StoredObject
{
    /// <summary>With uid, generation and time of creation, as an API server would have given them.</summary>
    public required KubernetesObject Object { get; init; }

    /// <summary>The spec as it was written: when it changes, the generation rises.</summary>
    public required string Spec { get; init; }

    /// <summary>The file.</summary>
    public required string File { get; init; }

    /// <summary>Where its fields stand there.</summary>
    public required SourceLines Lines { get; init; }

    /// <summary>The name of the object among all.</summary>
    public ObjectId Id => new(Object.Kind, Object.Metadata.Namespace, Object.Metadata.Name);
}

/// <summary>The name of an object among all.</summary>
internal readonly record struct ObjectId(string Kind, string Namespace, string Name)
{
    public override string ToString() => $"{Kind} {Namespace}/{Name}";
}
