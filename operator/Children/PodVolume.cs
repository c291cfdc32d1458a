using System.Collections.Immutable;
using System.Text.Json.Nodes;

namespace Operator.Children;

/// <summary>A volume of the gateway's container, and the variables that tell the gateway of its files.</summary>
internal sealed record PodVolume
{
    /// <summary>Its name in the pod.</summary>
    public required string Name { get; init; }

    /// <summary>Where it is mounted.</summary>
    public required string Path { get; init; }

    /// <summary>Whether the gateway may write there.</summary>
    public bool IsWritable { get; init; }

    /// <summary>The member of the volume that says what it is, as <c>emptyDir</c>.</summary>
    public required string Type { get; init; }

    /// <summary>The content of that member.</summary>
    public required JsonObject Source { get; init; }

    /// <summary>Variables by name.</summary>
    public ImmutableSortedDictionary<string, string> Variables { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    public JsonObject Volume() => new() { ["name"] = Name, [Type] = Source.DeepClone() };

    public JsonObject Mount() => new() { ["name"] = Name, ["mountPath"] = Path, ["readOnly"] = IsWritable ? null : true };
}
