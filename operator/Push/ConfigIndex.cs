using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Contract;
using Operator.Api;
using Operator.Children;
using Operator.Kubernetes;

namespace Operator.Push;

/// <summary>
/// The index Secret of one gateway: the count of revisions, and where the durable copy stands. A write replaces one of the two, and only
/// while the Secret is as it was read.
/// </summary>
internal sealed class ConfigIndex(KubernetesClient client, LlmGateway gateway)
{
    /// <summary>The key that holds the count; pods do not mount it.</summary>
    public const string RevisionKey = "revision";

    /// <summary>How often a write that met another one is tried, each time from what stands there then.</summary>
    public const int MaxAttempts = 5;

    /// <summary>Of all Secrets of the durable copy.</summary>
    public const string FieldManager = "llm-gateway-operator-config";

    private readonly string _name = ChildNames.ConfigIndex(gateway.Metadata.Name);

    /// <summary>The version of the Secret when this was known to be right: written, or read as a whole copy. Null: never.</summary>
    public string? Version { get; set; }

    /// <summary>What it says now; empty where it is not there.</summary>
    public async Task<ApiOutcome<IndexContent>> ReadAsync(CancellationToken cancellation)
    {
        var read = await client.GetAsync(ResourceTypes.Secrets, new(gateway.Metadata.Namespace, _name), cancellation);
        if (read.FailedBy(ApiFailureReason.NotFound))
            return new IndexContent();
        if (!read.IsSuccess)
            return read.Failure;
        if (Stranger(read.Value.Metadata) is { } stranger)
            return new IndexContent { ResourceVersion = read.Value.Metadata.ResourceVersion, Stranger = stranger };
        return new IndexContent
        {
            ResourceVersion = read.Value.Metadata.ResourceVersion,
            Reserved = Parse<Reservation>(read.Value, RevisionKey, ApiJson.Options) is { } reserved
                && ConfigSnapshot.IsRevision(reserved.Revision) ? reserved : null,
            Copy = Parse<DurableIndex>(read.Value, PodVolumes.IndexKey, ContractJson.Default.DurableIndex.Options) is { } copy
                && copy.IsSane() ? copy : null,
        };
    }

    /// <summary>Writes the count. Null: it stands there; else why not, see <see cref="IsRace"/>.</summary>
    public Task<ApiFailure?> WriteAsync(IndexContent read, Reservation reserved, CancellationToken cancellation) =>
        WriteAsync(read, RevisionKey, JsonSerializer.SerializeToUtf8Bytes(reserved, ApiJson.Options), cancellation);

    /// <summary>Writes where the durable copy stands. Null: it stands there; else why not, see <see cref="IsRace"/>.</summary>
    public Task<ApiFailure?> WriteAsync(IndexContent read, DurableIndex copy, CancellationToken cancellation) =>
        WriteAsync(read, PodVolumes.IndexKey, JsonSerializer.SerializeToUtf8Bytes(copy, ContractJson.Default.DurableIndex), cancellation);

    /// <summary>Whether another write came first, so that it helps to read again.</summary>
    public static bool IsRace(ApiFailure failure) =>
        failure.Reason is ApiFailureReason.Conflict or ApiFailureReason.AlreadyExists or ApiFailureReason.NotFound;

    /// <summary>
    /// Whose it is where it is somebody else's; null: ours, nobody's, or that of an earlier gateway of the same name, which is replaced: what
    /// it left behind would be collected with it.
    /// </summary>
    private OwnerReference? Stranger(ObjectMeta metadata) => metadata.OwnerReferences.FirstOrDefault(o => o.Controller == true
        && (o.Kind != gateway.Kind || o.Name != gateway.Metadata.Name || !o.ApiVersion.StartsWith(ResourceGroup.Name + "/", StringComparison.Ordinal)));

    private async Task<ApiFailure?> WriteAsync(IndexContent read, string key, byte[] value, CancellationToken cancellation)
    {
        if (read.Stranger is { } stranger)
        {
            var message = $"the Secret {_name} belongs to the {stranger.Kind} {stranger.Name} and is left untouched: rename or delete it";
            return new() { Reason = ApiFailureReason.Invalid, Message = message };
        }

        var body = SecretOf(gateway, _name, key, value);
        if (read.ResourceVersion is null)
        {
            var secret = body.Deserialize<Secret>(ApiJson.Options)!;
            return Take(await client.CreateAsync(ResourceTypes.Secrets, secret, cancellation));
        }

        body["metadata"]!["resourceVersion"] = read.ResourceVersion;
        var options = new PatchOptions { FieldManager = FieldManager };
        return Take(await client.PatchAsync(ResourceTypes.Secrets, new(gateway.Metadata.Namespace, _name), body, options, cancellation));
    }

    private ApiFailure? Take(ApiOutcome<Secret> written)
    {
        if (written.IsSuccess)
            Version = written.Value.Metadata.ResourceVersion;
        return written.Failure;
    }

    /// <summary>A Secret of the durable copy.</summary>
    public static JsonObject SecretOf(LlmGateway gateway, string name, string key, ReadOnlyMemory<byte> value)
    {
        var content = new JsonObject
        {
            ["type"] = "Opaque",
            ["data"] = new JsonObject { [key] = Convert.ToBase64String(value.Span) },
        };
        return ManifestJson.Manifest(gateway, new(ChildKind.Secret, name), content);
    }

    /// <summary>What was damaged by hand counts as not there.</summary>
    private static T? Parse<T>(Secret secret, string key, JsonSerializerOptions options)
        where T : class
    {
        try
        {
            return secret.Data.TryGetValue(key, out var json) ? JsonSerializer.Deserialize<T>(json, options) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A revision, and the hash of the config that it was reserved for.</summary>
internal sealed record Reservation
{
    public required long Revision { get; init; }

    public required string Hash { get; init; }
}

/// <summary>The index Secret as it was read.</summary>
internal sealed record IndexContent
{
    /// <summary>Null: it is not there.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Whose it is, where it is no index; null: ours.</summary>
    public OwnerReference? Stranger { get; init; }

    /// <summary>The last revision that was reserved; null: unknown.</summary>
    public Reservation? Reserved { get; init; }

    /// <summary>Where the durable copy stands; null: nowhere.</summary>
    public DurableIndex? Copy { get; init; }

    /// <summary>The highest revision that is known from here.</summary>
    public Reservation Last()
    {
        var reserved = Reserved ?? new() { Revision = 0, Hash = "" };
        return Copy is { } copy && copy.Revision > reserved.Revision ? new() { Revision = copy.Revision, Hash = copy.Hash } : reserved;
    }
}
