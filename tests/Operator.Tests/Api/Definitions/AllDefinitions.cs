using System.Text.Json.Nodes;
using Operator.Api.Definitions;

namespace Operator.Tests.Api.Definitions;

/// <summary>The CustomResourceDefinitions by kind, and a walk through their schemas.</summary>
internal static class AllDefinitions
{
    public static DocComments Docs { get; } = CrdsCommand.ReadDocs();

    public static IReadOnlyDictionary<string, JsonObject> All { get; } =
        CustomResourceDefinitions.Kinds.ToDictionary(k => k.Name, k => CustomResourceDefinitions.Of(k, Docs));

    /// <summary>Every node of the schema with its path.</summary>
    public static IEnumerable<(string Path, JsonObject Schema)> Nodes(JsonObject definition) =>
        Nodes("", definition["spec"]!["versions"]![0]!["schema"]!["openAPIV3Schema"]!.AsObject());

    private static IEnumerable<(string Path, JsonObject Schema)> Nodes(string path, JsonObject schema)
    {
        yield return (path, schema);
        var children = (schema["properties"]?.AsObject() ?? []).Select(p => ($"{path}.{p.Key}", p.Value))
            .Append(($"{path}[]", schema["items"]))
            .Append(($"{path}{{}}", schema["additionalProperties"]));
        foreach (var (name, child) in children)
        {
            if (child is not JsonObject node)
                continue;
            foreach (var found in Nodes(name, node))
                yield return found;
        }
    }
}
