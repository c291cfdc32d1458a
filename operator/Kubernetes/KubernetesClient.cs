using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>
/// The verbs of the API. What fails is a value; the only exception is the caller's own cancellation.
/// https://kubernetes.io/docs/reference/using-api/api-concepts/
/// </summary>
internal sealed class KubernetesClient(ApiConnection connection, TimeProvider time)
{
    /// <summary>No page of HTML ever shows a body: base64 keeps its plus signs.</summary>
    private static readonly JsonSerializerOptions s_json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>See <see cref="ApiRequest.IsPatient"/>. Default true.</summary>
    public bool IsPatient { get; init; } = true;

    /// <summary>GET of one object.</summary>
    public async Task<ApiOutcome<T>> GetAsync<T>(ResourceType<T> type, ObjectKey key, CancellationToken cancellation)
        where T : KubernetesObject
    {
        var request = new ApiRequest
        {
            Method = HttpMethod.Get,
            Target = type.Path(key.Namespace, key.Name),
            Accept = Accept(type, nameof(PartialObjectMetadata)),
            IsRepeatable = true,
        };
        return await ReadAsync<T>(request, cancellation);
    }

    /// <summary>POST. <see cref="ApiFailureReason.AlreadyExists"/> where the name is taken.</summary>
    public async Task<ApiOutcome<T>> CreateAsync<T>(ResourceType<T> type, T value, CancellationToken cancellation)
        where T : KubernetesObject
    {
        var request = new ApiRequest
        {
            Method = HttpMethod.Post,
            Target = type.Path(value.Metadata.Namespace),
            Body = JsonSerializer.SerializeToUtf8Bytes(value, ApiJson.Options),
        };
        return await ReadAsync<T>(request, cancellation);
    }

    /// <summary>
    /// Server-side apply. The body has apiVersion, kind, name, namespace and nothing but the fields that the manager wants to own.
    /// https://kubernetes.io/docs/reference/using-api/server-side-apply/
    /// </summary>
    public async Task<ApiOutcome<T>> ApplyAsync<T>(
        ResourceType<T> type, JsonObject body, ApplyOptions options, CancellationToken cancellation)
        where T : KubernetesObject
    {
        var metadata = body["metadata"]!;
        var query = new Query().Add("fieldManager", options.FieldManager).Add("force", options.Force).Add("dryRun", DryRun(options.DryRun));
        var request = new ApiRequest
        {
            Method = HttpMethod.Patch,
            Target = type.Path((string?)metadata["namespace"], (string)metadata["name"]!, options.Subresource) + query,
            Accept = Accept(type, nameof(PartialObjectMetadata)),
            Body = JsonSerializer.SerializeToUtf8Bytes(body, s_json),
            ContentType = ApiRequest.ApplyPatch,
            IsRepeatable = true,
        };
        return await ReadAsync<T>(request, cancellation);
    }

    /// <summary>
    /// JSON merge patch (RFC 7396). With <c>metadata.resourceVersion</c> in it the patch is a <see cref="ApiFailureReason.Conflict"/>
    /// where the object has changed since.
    /// </summary>
    public async Task<ApiOutcome<T>> PatchAsync<T>(
        ResourceType<T> type, ObjectKey key, JsonObject patch, PatchOptions options, CancellationToken cancellation)
        where T : KubernetesObject
    {
        var query = new Query().Add("fieldManager", options.FieldManager).Add("dryRun", DryRun(options.DryRun));
        var request = new ApiRequest
        {
            Method = HttpMethod.Patch,
            Target = type.Path(key.Namespace, key.Name, options.Subresource) + query,
            Body = JsonSerializer.SerializeToUtf8Bytes(patch, s_json),
            ContentType = ApiRequest.MergePatch,
        };
        return await ReadAsync<T>(request, cancellation);
    }

    /// <summary>DELETE: null where it is deleted or being deleted, else why not.</summary>
    public async Task<ApiFailure?> DeleteAsync<T>(
        ResourceType<T> type, ObjectKey key, DeleteOptions options, CancellationToken cancellation)
        where T : KubernetesObject
    {
        var request = new ApiRequest
        {
            Method = HttpMethod.Delete,
            Target = type.Path(key.Namespace, key.Name),
            Body = JsonSerializer.SerializeToUtf8Bytes(options.ToJson()),
        };
        return (await SendAsync(request, cancellation)).Failure;
    }

    /// <summary>All pages. Where the list expires between two of them, once more in one piece, which cannot expire.</summary>
    public async Task<ApiOutcome<ObjectList<T>>> ListAsync<T>(ResourceType<T> type, ListRequest list, CancellationToken cancellation)
        where T : KubernetesObject
    {
        var items = ImmutableArray.CreateBuilder<T>();
        var unreadable = ImmutableArray.CreateBuilder<UnreadableObject>();
        string? next = null;
        while (true)
        {
            var outcome = await ListPageAsync(type, list, next, cancellation);
            if (next is not null && outcome.FailedBy(ApiFailureReason.Gone))
                return await ListPageAsync(type, list with { PageSize = 0 }, next: null, cancellation);
            if (!outcome.IsSuccess)
                return outcome;
            items.AddRange(outcome.Value.Items);
            unreadable.AddRange(outcome.Value.Unreadable);
            next = outcome.Value.Continue;
            if (next is null)
                return outcome.Value with { Items = items.DrainToImmutable(), Unreadable = unreadable.DrainToImmutable() };
        }
    }

    /// <summary>The resourceVersion of the whole collection now, for the price of one object.</summary>
    public async Task<ApiOutcome<string>> VersionAsync<T>(ResourceType<T> type, ListRequest list, CancellationToken cancellation)
        where T : KubernetesObject
    {
        var outcome = await ListPageAsync(type.MetadataOnly(), list with { PageSize = 1 }, next: null, cancellation);
        return outcome.IsSuccess ? outcome.Value.ResourceVersion : outcome.Failure;
    }

    /// <summary>What the server says that it is. Everybody may ask for it, unless a cluster has taken that right away.</summary>
    public async Task<ApiOutcome<ServerVersion>> ServerVersionAsync(CancellationToken cancellation)
    {
        var outcome = await SendAsync(new() { Method = HttpMethod.Get, Target = "/version", IsRepeatable = true }, cancellation);
        return outcome.IsSuccess ? ObjectReader.ReadVersion(outcome.Value) : outcome.Failure;
    }

    /// <summary>Whether the caller itself may do something. Everybody may ask, unless a cluster has taken that right away.</summary>
    public async Task<ApiOutcome<AccessAnswer>> MayAsync(AccessQuestion question, CancellationToken cancellation)
    {
        var request = new ApiRequest
        {
            Method = HttpMethod.Post,
            Target = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
            Body = JsonSerializer.SerializeToUtf8Bytes(question.ToReview(), s_json),
            IsRepeatable = true,
        };
        var outcome = await SendAsync(request, cancellation);
        return outcome.IsSuccess ? ObjectReader.ReadAccess(outcome.Value) : outcome.Failure;
    }

    /// <summary>Changes after a moment, until the server ends the stream after the time asked for. The caller disposes it.</summary>
    public async Task<ApiOutcome<WatchStream<T>>> WatchAsync<T>(
        ResourceType<T> type, ListRequest of, WatchFrom from, CancellationToken cancellation)
        where T : KubernetesObject
    {
        var query = Selectors(of)
            .Add("watch", true)
            .Add("allowWatchBookmarks", true)
            .Add("resourceVersion", from.ResourceVersion)
            .Add("timeoutSeconds", (int)from.Timeout.TotalSeconds);
        var request = new ApiRequest
        {
            Method = HttpMethod.Get,
            Target = type.Path(of.Namespace) + query,
            Accept = Accept(type, nameof(PartialObjectMetadata)),
        };
        var outcome = await connection.OpenAsync(request, cancellation);
        if (!outcome.IsSuccess)
            return outcome.Failure;
        var body = await outcome.Value.Content.ReadAsStreamAsync(cancellation);
        return new WatchStream<T>(outcome.Value, body, from.Timeout + WatchFrom.Grace, time, cancellation) { Keep = type.Keep };
    }

    private async Task<ApiOutcome<ObjectList<T>>> ListPageAsync<T>(
        ResourceType<T> type, ListRequest list, string? next, CancellationToken cancellation)
        where T : KubernetesObject
    {
        var request = new ApiRequest
        {
            Method = HttpMethod.Get,
            Target = type.Path(list.Namespace) + Selectors(list).Add("limit", list.PageSize).Add("continue", next),
            Accept = Accept(type, nameof(PartialObjectMetadata) + "List"),
            IsRepeatable = true,
        };
        var outcome = await SendAsync(request, cancellation);
        return outcome.IsSuccess ? ObjectReader.ReadList(outcome.Value, type.Keep) : outcome.Failure;
    }

    private async Task<ApiOutcome<T>> ReadAsync<T>(ApiRequest request, CancellationToken cancellation)
        where T : KubernetesObject
    {
        var outcome = await SendAsync(request, cancellation);
        return outcome.IsSuccess ? ObjectReader.Read<T>(outcome.Value) : outcome.Failure;
    }

    private Task<ApiOutcome<byte[]>> SendAsync(ApiRequest request, CancellationToken cancellation) =>
        connection.SendAsync(request with { IsPatient = IsPatient }, cancellation);

    private static Query Selectors(ListRequest list) =>
        new Query().Add("labelSelector", list.LabelSelector).Add("fieldSelector", list.FieldSelector);

    private static string Accept<T>(ResourceType<T> type, string kind)
        where T : KubernetesObject =>
        type.IsMetadataOnly ? $"{ApiRequest.Json};as={kind};g=meta.k8s.io;v=v1" : ApiRequest.Json;

    private static string? DryRun(bool isDry) => isDry ? "All" : null;
}
