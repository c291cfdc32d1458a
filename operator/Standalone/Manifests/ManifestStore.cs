using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Api.Schema;

namespace Operator.Standalone.Manifests;

/// <summary>
/// What an API server would hold after the folder was applied to it: the last good version of each object. Immutable and pure: each reading
/// of the folder gives a new one.
/// </summary>
/// <remarks>
/// A broken object keeps its last good version; a file that cannot be read, or in which a broken object cannot be told by name, keeps all
/// that it held. What stands in no file any more is gone.
/// </remarks>
internal sealed record ManifestStore
{
    /// <summary>Holds nothing.</summary>
    public static ManifestStore Empty { get; } = new();

    /// <summary>By name.</summary>
    public ImmutableDictionary<ObjectId, StoredObject> Objects { get; init; } = ImmutableDictionary<ObjectId, StoredObject>.Empty;

    /// <summary>Everything that is wrong with the files.</summary>
    public ImmutableArray<ManifestProblem> Problems { get; init; } = [];

    /// <summary>The store after the folder has been read anew.</summary>
    public ManifestStore Apply(ImmutableArray<ManifestFile> files, DateTimeOffset now)
    {
        var reading = new Reading(this, now);
        foreach (var file in files)
            reading.Read(file);
        return reading.Finish();
    }

    /// <summary>Objects of one kind, oldest first, then by name.</summary>
    public ImmutableArray<T> All<T>()
        where T : KubernetesObject =>
    [
        .. Objects.Values.Select(o => o.Object).OfType<T>()
            .OrderBy(o => o.Metadata.CreationTimestamp)
            .ThenBy(o => o.Id(), StringComparer.Ordinal),
    ];

    /// <summary>One pass over the files.</summary>
    private sealed class Reading(ManifestStore before, DateTimeOffset now)
    {
        private readonly Dictionary<ObjectId, StoredObject> _objects = [];
        private readonly List<StoredObject> _kept = [];
        private readonly ImmutableArray<ManifestProblem>.Builder _problems = ImmutableArray.CreateBuilder<ManifestProblem>();

        public void Read(ManifestFile file)
        {
            var yaml = file.Text is null ? new YamlResult { Error = new(1, file.Error) } : YamlManifests.Parse(file.Text);
            if (yaml.Error is { } error)
            {
                _problems.Add(new() { File = file.Path, Line = error.Line, Message = error.Message });
                KeepAllOf(file);
                return;
            }

            foreach (var document in yaml.Documents)
                Read(file, document.Json, document.Lines);
        }

        public ManifestStore Finish()
        {
            foreach (var kept in _kept)
                _objects.TryAdd(kept.Id, kept);
            return new() { Objects = _objects.ToImmutableDictionary(), Problems = _problems.ToImmutable() };
        }

        private void Read(ManifestFile file, JsonNode json, SourceLines lines)
        {
            if (json is JsonObject list && Text(list, "kind") == "List" && list["items"] is JsonArray items)
            {
                for (var i = 0; i < items.Count; i++)
                    Read(file, items[i] ?? new JsonObject(), lines.Under(string.Create(CultureInfo.InvariantCulture, $"items[{i}]")));
                return;
            }

            if (IsOurs(json))
                Read(file, ManifestReader.Read(json), json, lines);
        }

        private void Read(ManifestFile file, ManifestResult manifest, JsonNode json, SourceLines lines)
        {
            var id = new ObjectId(manifest.Kind, manifest.Namespace, manifest.Name);
            if (manifest.Object is { } good)
            {
                Add(file, id, good, json["spec"]?.ToJsonString() ?? "", lines);
                return;
            }

            foreach (var problem in manifest.Problems)
            {
                var named = id.Name.Length > 0 ? id.ToString() : id.Kind;
                var line = lines.Of(problem.Field);
                _problems.Add(new() { File = file.Path, Line = line, Object = named, Field = problem.Field, Message = problem.Message });
            }

            if (before.Objects.TryGetValue(id, out var last))
                _kept.Add(last);
            else if (id.Name.Length == 0)
                KeepAllOf(file);
        }

        private void Add(ManifestFile file, ObjectId id, KubernetesObject good, string spec, SourceLines lines)
        {
            if (_objects.TryGetValue(id, out var first))
            {
                var line = lines.Of("metadata.name");
                var message = $"stands already in {first.File}:{first.Lines.First}";
                _problems.Add(new() { File = file.Path, Line = line, Object = id.ToString(), Message = message });
                return;
            }

            before.Objects.TryGetValue(id, out var last);
            var metadata = good.Metadata with
            {
                Uid = StableUid.Of(id),
                CreationTimestamp = last?.Object.Metadata.CreationTimestamp ?? now,
                Generation = last is null ? 1 : last.Object.Metadata.Generation + (last.Spec == spec ? 0 : 1),
            };
            _objects.Add(id, new() { Object = good with { Metadata = metadata }, Spec = spec, File = file.Path, Lines = lines });
        }

        private void KeepAllOf(ManifestFile file) => _kept.AddRange(before.Objects.Values.Where(o => o.File == file.Path));

        /// <summary>Folders hold other things beside: a kustomization, Deployments. A misspelt kind of ours is ours.</summary>
        private static bool IsOurs(JsonNode json)
        {
            var version = Text(json, "apiVersion") ?? "";
            return json is not JsonObject
                || version.Length == 0
                || version.StartsWith(ResourceGroup.Name, StringComparison.OrdinalIgnoreCase)
                || (version == "v1" && Text(json, "kind") is "Secret" or "Namespace");
        }

        private static string? Text(JsonNode json, string name) =>
            json is JsonObject o && o[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
    }
}
