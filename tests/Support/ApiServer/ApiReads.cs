using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Support.ApiServer;

/// <summary>Get, list and watch, with pages, selectors, bookmarks, and metadata only where that is asked for.</summary>
internal sealed class ApiReads(ApiStore store)
{
    private readonly ConcurrentDictionary<string, (long Version, List<JsonObject> Left)> _pages = [];
    private int _bookmarks;

    /// <summary>Sends a bookmark to every watch that wants them.</summary>
    public void SendBookmarks()
    {
        Interlocked.Increment(ref _bookmarks);
        store.Wake();
    }

    public JsonObject Get(ApiKind kind, ApiPath path, string accept)
    {
        var value = store.Find(kind, path.Namespace, path.Name) ?? throw ApiProblem.NotFound(kind, path.Name);
        return IsMetadataOnly(accept) ? ToMetadata(value) : value;
    }

    public JsonObject List(ApiKind kind, ApiPath path, ApiCall call)
    {
        var (version, items) = Page(kind, path, call);
        var limit = int.Parse(call.Query.GetValueOrDefault("limit", "0"), CultureInfo.InvariantCulture);
        var metadata = new JsonObject { ["resourceVersion"] = Text(version) };
        if (limit > 0 && items.Count > limit)
        {
            var token = Convert.ToBase64String(Encoding.UTF8.GetBytes($"{version}/{Guid.NewGuid()}"));
            _pages[token] = (version, items[limit..]);
            metadata["continue"] = token;
            metadata["remainingItemCount"] = items.Count - limit;
            items = items[..limit];
        }

        var only = IsMetadataOnly(call.Accept);
        return new()
        {
            ["kind"] = only ? "PartialObjectMetadataList" : kind.Kind + "List",
            ["apiVersion"] = only ? "meta.k8s.io/v1" : kind.ApiVersion,
            ["metadata"] = metadata,
            ["items"] = new JsonArray([.. items.Select(i => only ? ToMetadata(i) : ToItem(kind, i))]),
        };
    }

    /// <summary>Writes events until the time is over or the caller goes away.</summary>
    public async Task WatchAsync(ApiKind kind, ApiPath path, ApiCall call, Func<JsonObject, Task> write, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (int.TryParse(call.Query.GetValueOrDefault("timeoutSeconds"), CultureInfo.InvariantCulture, out var seconds))
            end.CancelAfter(TimeSpan.FromSeconds(seconds));
        var at = long.Parse(call.Query.GetValueOrDefault("resourceVersion", "0"), CultureInfo.InvariantCulture);
        var bookmarks = _bookmarks;
        while (!end.IsCancellationRequested)
        {
            var changed = store.Changed;
            if (store.Since(kind, path.Namespace, at) is not var (version, entries))
            {
                await write(new() { ["type"] = "ERROR", ["object"] = ApiProblem.Gone().ToStatus() });
                return;
            }

            foreach (var entry in entries)
                await WriteAsync(entry, call, write);
            at = Math.Max(at, version);
            if (bookmarks != _bookmarks && call.Query.GetValueOrDefault("allowWatchBookmarks") == "true")
                await write(Bookmark(kind, call, at));
            bookmarks = _bookmarks;
            await changed.WaitAsync(end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private (long Version, List<JsonObject> Items) Page(ApiKind kind, ApiPath path, ApiCall call)
    {
        if (call.Query.GetValueOrDefault("continue") is { Length: > 0 } token)
            return _pages.TryRemove(token, out var page) && store.IsKnown(page.Version) ? page : throw ApiProblem.Gone();
        var (version, items) = store.List(kind, path.Namespace);
        return (version, [.. items.Where(i => IsSelected(i, call))]);
    }

    private static async Task WriteAsync(ApiStore.LogEntry entry, ApiCall call, Func<JsonObject, Task> write)
    {
        var was = entry.Before is not null && IsSelected(entry.Before, call);
        var isNow = entry.Type != "DELETED" && IsSelected(entry.Object, call);
        var type = (was, isNow) switch
        {
            (false, false) => null,
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
        };
        if (type is null)
            return;
        var value = (JsonObject)entry.Object.DeepClone();
        await write(new() { ["type"] = type, ["object"] = IsMetadataOnly(call.Accept) ? ToMetadata(value) : value });
    }

    private static JsonObject Bookmark(ApiKind kind, ApiCall call, long version)
    {
        var only = IsMetadataOnly(call.Accept);
        return new()
        {
            ["type"] = "BOOKMARK",
            ["object"] = new JsonObject
            {
                ["kind"] = only ? "PartialObjectMetadata" : kind.Kind,
                ["apiVersion"] = only ? "meta.k8s.io/v1" : kind.ApiVersion,
                ["metadata"] = new JsonObject { ["resourceVersion"] = Text(version), ["creationTimestamp"] = null },
            },
        };
    }

    private static bool IsSelected(JsonObject value, ApiCall call) =>
        Selectors.Match(value, call.Query.GetValueOrDefault("labelSelector"), call.Query.GetValueOrDefault("fieldSelector"));

    /// <summary>What a caller sees of an object who asks for it in this way.</summary>
    public static JsonObject Shown(JsonObject value, string accept) => IsMetadataOnly(accept) ? ToMetadata(value) : value;

    private static bool IsMetadataOnly(string accept) => accept.Contains("as=PartialObjectMetadata", StringComparison.Ordinal);

    private static JsonObject ToMetadata(JsonObject value) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = value["metadata"]!.DeepClone(),
    };

    private static JsonObject ToItem(ApiKind kind, JsonObject value)
    {
        if (!kind.IsCustom)
        {
            value.Remove("kind");
            value.Remove("apiVersion");
        }

        return value;
    }

    private static string Text(long version) => version.ToString(CultureInfo.InvariantCulture);
}
