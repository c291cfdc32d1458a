using System.Collections.Immutable;
using Operator.Api;
using Operator.Api.Schema;
using Operator.Standalone.Manifests;

namespace Operator.Tests;

/// <summary>Reads the manifests of a golden case.</summary>
internal static class Manifests
{
    public static IEnumerable<ManifestResult> Read(string yaml)
    {
        var parsed = YamlManifests.Parse(yaml);
        parsed.Error.ShouldBeNull();
        return parsed.Documents.Select(d => ManifestReader.Read(d.Json));
    }

    /// <summary>All of them must be good.</summary>
    public static ImmutableArray<KubernetesObject> Objects(string yaml) =>
    [
        .. Read(yaml).Select(r =>
        {
            r.Problems.ShouldBeEmpty();
            return r.Object!;
        }),
    ];
}
