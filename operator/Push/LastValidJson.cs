using System.Collections.Immutable;
using System.Text.Json;
using Operator.Api;
using Operator.Translate;

namespace Operator.Push;

/// <summary>
/// The last valid versions as the durable copy holds them: what is translated again, and names the version. A status changes more often
/// than the rest; labels are those that the object has now, whichever version of its spec counts.
/// </summary>
internal static class LastValidJson
{
    private static readonly JsonPieces<ModelRoute> s_routes =
        new(r => r.Metadata.Name, r => Member(r.Id(), r with { Status = null, Metadata = Lean(r.Metadata) }));

    private static readonly JsonPieces<VirtualKey> s_keys =
        new(k => k.Metadata.Name, k => Member(k.Id(), k with { Status = null, Metadata = Lean(k.Metadata) }));

    private static readonly JsonPieces<Budget> s_budgets =
        new(b => b.Metadata.Name, b => Member(b.Id(), b with { Status = null, Metadata = Lean(b.Metadata) }));

    public static ImmutableArray<JsonPiece> Write(LastValidVersions versions)
    {
        var text = new JsonText().Add("{"u8);
        if (versions.Gateway is { } gateway)
            text.Add(Member("gateway", gateway with { Status = null })).Add(","u8);
        return text
            .Add("\"routes\":{"u8).Add(s_routes.Of([.. versions.Routes.Values]))
            .Add("},\"keys\":{"u8).Add(s_keys.Of([.. versions.Keys.Values]))
            .Add("},\"budgets\":{"u8).Add(s_budgets.Of([.. versions.Budgets.Values]))
            .Add("}}"u8)
            .ToImmutable();
    }

    private static byte[] Member<T>(string name, T value) =>
        [.. JsonSerializer.SerializeToUtf8Bytes(name), .. ":"u8, .. JsonSerializer.SerializeToUtf8Bytes(value, ApiJson.Options)];

    private static ObjectMeta Lean(ObjectMeta metadata) =>
        new() { Name = metadata.Name, Namespace = metadata.Namespace, Uid = metadata.Uid, Generation = metadata.Generation };
}
