using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Support.Cluster;

/// <summary>All objects of a collection as a watch tells them; listed anew whenever it breaks.</summary>
internal sealed class ObjectMirror(ClusterApi api, string collection, Action<JsonObject> changed)
{
    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(100);

    private readonly ConcurrentDictionary<(string Namespace, string Name), JsonObject> _objects = [];

    /// <summary>What is known now.</summary>
    public ICollection<JsonObject> Objects => _objects.Values;

    /// <summary>Null where it is not there.</summary>
    public JsonObject? Find(string ns, string name) => _objects.GetValueOrDefault((ns, name));

    /// <summary>Until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await FollowAsync(await ListAsync(cancellation), cancellation);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or JsonException && !cancellation.IsCancellationRequested)
            {
                await Task.Delay(s_pause, cancellation);
            }
        }
    }

    /// <summary>The version of the list.</summary>
    private async Task<string> ListAsync(CancellationToken cancellation)
    {
        var list = await api.GetAsync(collection, cancellation);
        var found = ((JsonArray)list["items"]!).Select(i => (JsonObject)i!).ToDictionary(KeyOf);
        foreach (var gone in _objects.Keys.Except(found.Keys))
            _objects.TryRemove(gone, out _);
        foreach (var value in found.Values)
            Keep(value);
        return (string)list["metadata"]!["resourceVersion"]!;
    }

    private async Task FollowAsync(string version, CancellationToken cancellation)
    {
        var separator = collection.Contains('?', StringComparison.Ordinal) ? '&' : '?';
        await foreach (var line in api.WatchAsync($"{collection}{separator}watch=true&resourceVersion={version}", cancellation))
        {
            if ((string?)line["type"] is not ("ADDED" or "MODIFIED" or "DELETED") || line["object"] is not JsonObject value)
                return;
            if ((string?)line["type"] == "DELETED")
                _objects.TryRemove(KeyOf(value), out _);
            else
                Keep(value);
        }
    }

    private void Keep(JsonObject value)
    {
        _objects[KeyOf(value)] = value;
        changed(value);
    }

    private static (string Namespace, string Name) KeyOf(JsonObject value) =>
        ((string?)value["metadata"]!["namespace"] ?? "", (string)value["metadata"]!["name"]!);
}
