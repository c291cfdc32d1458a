using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Support.Cluster;

/// <summary>
/// A Kubernetes API in plain JSON, with nothing of the product in it. Paths are relative to its root, as
/// <c>api/v1/namespaces/team/pods/a</c>. Every call throws <see cref="HttpRequestException"/> for an answer that it does not expect, and
/// where there is none within ten seconds.
/// </summary>
public sealed class ClusterApi(HttpClient client)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    /// <summary>Null where it is not there.</summary>
    public async Task<JsonObject?> FindAsync(string path, CancellationToken cancellation = default)
    {
        var (status, text) = await SendAsync(HttpMethod.Get, path, null, "", cancellation);
        return status == HttpStatusCode.NotFound ? null : Read(path, status, text);
    }

    /// <summary>An object that is there.</summary>
    public async Task<JsonObject> GetAsync(string path, CancellationToken cancellation = default) =>
        await FindAsync(path, cancellation) ?? throw new HttpRequestException($"{path} is not there", null, HttpStatusCode.NotFound);

    /// <summary>The items of a collection.</summary>
    public async Task<List<JsonObject>> ListAsync(string path, CancellationToken cancellation = default) =>
        [.. ((JsonArray)(await GetAsync(path, cancellation))["items"]!).Select(i => (JsonObject)i!)];

    /// <summary>Into a collection, or a subresource as <c>binding</c>.</summary>
    public Task<JsonObject> CreateAsync(string path, JsonObject value, CancellationToken cancellation = default) =>
        ReadAsync(HttpMethod.Post, path, value, "application/json", cancellation);

    /// <summary>By a merge patch.</summary>
    public Task<JsonObject> PatchAsync(string path, JsonObject patch, CancellationToken cancellation = default) =>
        ReadAsync(HttpMethod.Patch, path, patch, "application/merge-patch+json", cancellation);

    /// <summary>By a merge patch in JSON.</summary>
    public Task<JsonObject> PatchAsync(string path, string patch, CancellationToken cancellation = default) =>
        PatchAsync(path, (JsonObject)JsonNode.Parse(patch)!, cancellation);

    /// <summary>False where it is not there. Options are a <c>DeleteOptions</c>.</summary>
    public async Task<bool> DeleteAsync(string path, JsonObject? options = null, CancellationToken cancellation = default)
    {
        var (status, text) = await SendAsync(HttpMethod.Delete, path, options, "application/json", cancellation);
        if (status == HttpStatusCode.NotFound)
            return false;
        Read(path, status, text);
        return true;
    }

    /// <summary>Each line of a watch, until it breaks.</summary>
    internal async IAsyncEnumerable<JsonObject> WatchAsync(
        string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(path, UriKind.Relative));
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        answer.EnsureSuccessStatusCode();
        using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellation));
        while (await lines.ReadLineAsync(cancellation) is { } line)
            yield return (JsonObject)JsonNode.Parse(line)!;
    }

    private async Task<JsonObject> ReadAsync(
        HttpMethod method, string path, JsonObject value, string mediaType, CancellationToken cancellation)
    {
        var (status, text) = await SendAsync(method, path, value, mediaType, cancellation);
        return Read(path, status, text);
    }

    private async Task<(HttpStatusCode Status, string Text)> SendAsync(
        HttpMethod method, string path, JsonObject? value, string mediaType, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(method, new Uri(path, UriKind.Relative));
        if (value is not null)
            request.Content = new StringContent(value.ToJsonString(), Encoding.UTF8, mediaType);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        patience.CancelAfter(s_patience);
        try
        {
            using var answer = await client.SendAsync(request, patience.Token);
            return (answer.StatusCode, await answer.Content.ReadAsStringAsync(patience.Token));
        }
        catch (OperationCanceledException e) when (!cancellation.IsCancellationRequested)
        {
            throw new HttpRequestException($"{method} {path}: no answer", e);
        }
    }

    private static JsonObject Read(string path, HttpStatusCode status, string text)
    {
        if ((int)status is < 200 or >= 300)
            throw new HttpRequestException($"{path}: {(int)status} {text}", null, status);
        try
        {
            return (JsonObject)JsonNode.Parse(text)!;
        }
        catch (JsonException e)
        {
            throw new HttpRequestException($"{path}: {text}", e);
        }
    }
}
