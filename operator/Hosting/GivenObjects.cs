using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Standalone.Manifests;

namespace Operator.Hosting;

/// <summary>
/// Objects of our four kinds that stand as manifests in a ConfigMap, made in its namespace: how a chart that installs the definitions can
/// bring a first gateway too, since helm looks every kind up before it makes anything.
/// https://helm.sh/docs/chart_best_practices/custom_resource_definitions/
/// </summary>
/// <remarks>
/// The ConfigMap owns them, so they go with it, also where no operator runs any more. Those that it no longer holds are deleted; what
/// others have made is left untouched.
/// </remarks>
internal sealed partial class GivenObjects(KubernetesClient client, ObjectKey configMap, Backoff backoff, TimeProvider time, ILogger logger)
{
    private const string FieldManager = "llm-gateway-operator-apply";

    /// <summary>Where each kind stands in the API.</summary>
    public static FrozenDictionary<string, ResourceType<PartialObjectMetadata>> Kinds { get; } =
        new Dictionary<string, ResourceType<PartialObjectMetadata>>(StringComparer.Ordinal)
        {
            ["LlmGateway"] = ResourceTypes.LlmGateways.MetadataOnly(),
            ["ModelRoute"] = ResourceTypes.ModelRoutes.MetadataOnly(),
            ["VirtualKey"] = ResourceTypes.VirtualKeys.MetadataOnly(),
            ["Budget"] = ResourceTypes.Budgets.MetadataOnly(),
        }.ToFrozenDictionary();

    /// <summary>Until everything is as the ConfigMap says, or it is cancelled. What stands in the way is logged, and tried again.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var told = ImmutableArray<string>.Empty;
        for (var failures = 1; ; failures++)
        {
            var problems = await ApplyAsync(cancellation);
            if (problems.IsEmpty)
                break;
            foreach (var problem in problems.Except(told))
                LogNotApplied(configMap, problem);
            told = problems;
            await Task.Delay(backoff.Delay(failures), time, cancellation);
        }

        LogApplied(configMap);
    }

    /// <summary>One attempt. One object that cannot be made keeps no other from it.</summary>
    /// <returns>What is not as it should be, each in a sentence.</returns>
    public async Task<ImmutableArray<string>> ApplyAsync(CancellationToken cancellation)
    {
        // 1. What shall be there?
        var source = await client.GetAsync(ResourceTypes.ConfigMaps, configMap, cancellation);
        if (!source.IsSuccess)
            return [$"it cannot be read: {source.Failure}"];
        var owner = source.Value.Metadata.Uid;
        var (wanted, problem) = Parse(source.Value);
        if (problem is not null)
            return [problem];

        // 2. What is there?
        var there = new Dictionary<(string Kind, string Name), ObjectMeta>();
        foreach (var (kind, type) in Kinds)
        {
            var list = await client.ListAsync(type, new() { Namespace = configMap.Namespace }, cancellation);
            if (!list.IsSuccess)
                return [$"{type} cannot be listed: {list.Failure}"];
            foreach (var item in list.Value.Items)
                there[(kind, item.Metadata.Name)] = item.Metadata;
        }

        // 3. Ours becomes what it should be.
        var problems = ImmutableArray.CreateBuilder<string>();
        foreach (var (id, manifest) in wanted)
        {
            if (there.TryGetValue(id, out var found) && !IsOwned(found, owner))
                problems.Add($"there is a {id.Kind} {id.Name} of somebody else, which is left untouched: rename or delete one of them");
            else if (await ApplyAsync(id.Kind, manifest, owner, cancellation) is { } failure)
                problems.Add($"{id.Kind} {id.Name}: {failure.Message}");
        }

        // 4. What is not wanted any more goes.
        foreach (var (id, unwanted) in there.Where(t => IsOwned(t.Value, owner) && !wanted.ContainsKey(t.Key)))
        {
            var key = new ObjectKey(configMap.Namespace, id.Name);
            var failure = await client.DeleteAsync(Kinds[id.Kind], key, new() { Uid = unwanted.Uid }, cancellation);
            if (failure is not null && failure.Reason is not (ApiFailureReason.NotFound or ApiFailureReason.Conflict))
                problems.Add($"{id.Kind} {id.Name} cannot be deleted: {failure.Message}");
        }

        return problems.ToImmutable();
    }

    /// <summary>All or nothing: half of the objects would delete the other half.</summary>
    private static (Dictionary<(string Kind, string Name), JsonObject> Wanted, string? Problem) Parse(ConfigMap source)
    {
        var wanted = new Dictionary<(string Kind, string Name), JsonObject>();
        foreach (var (file, text) in source.Data)
        {
            var yaml = YamlManifests.Parse(text);
            if (yaml.Error is { } error)
                return (wanted, $"{file}:{error.Line}: {error.Message}");
            foreach (var document in yaml.Documents)
            {
                if (document.Json is not JsonObject manifest
                    || manifest["kind"]?.ToString() is not { } kind
                    || !Kinds.ContainsKey(kind)
                    || (manifest["metadata"] as JsonObject)?["name"]?.ToString() is not { Length: > 0 } name)
                {
                    return (wanted, $"{file}:{document.Lines.First}: is no {string.Join(", ", Kinds.Keys.Order())} with a name");
                }

                wanted[(kind, name)] = manifest;
            }
        }

        return (wanted, null);
    }

    private async Task<ApiFailure?> ApplyAsync(string kind, JsonObject manifest, string owner, CancellationToken cancellation)
    {
        var metadata = (JsonObject)manifest["metadata"]!;
        metadata["namespace"] = configMap.Namespace;
        metadata["ownerReferences"] = new JsonArray(new JsonObject
        {
            ["apiVersion"] = "v1", ["kind"] = "ConfigMap", ["name"] = configMap.Name, ["uid"] = owner,
        });
        return (await client.ApplyAsync(Kinds[kind], manifest, new() { FieldManager = FieldManager }, cancellation)).Failure;
    }

    private static bool IsOwned(ObjectMeta metadata, string owner) => metadata.OwnerReferences.Any(o => o.Uid == owner);

    [LoggerMessage(1305, LogLevel.Information, "The objects of the ConfigMap {ConfigMap} are made")]
    private partial void LogApplied(ObjectKey configMap);

    [LoggerMessage(1306, LogLevel.Warning, "ConfigMap {ConfigMap}: {Problem}")]
    private partial void LogNotApplied(ObjectKey configMap, string problem);
}
