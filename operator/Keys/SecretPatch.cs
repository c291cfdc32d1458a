using System.Collections.Immutable;
using System.Text;
using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Keys;

/// <summary>Changes of the Secret of a VirtualKey: its labels, our annotations and values, and nothing of anybody else.</summary>
/// <param name="Of">The VirtualKey that owns it.</param>
/// <param name="Secret">As it was read.</param>
/// <param name="Key">The name of the key in it.</param>
/// <param name="FormerKey">The name that it had before; null: the same.</param>
internal sealed record SecretPatch(VirtualKey Of, Secret Secret, string Key, string? FormerKey)
{
    /// <summary>The merge patch (RFC 7396) that makes the Secret say this; null where it does.</summary>
    public KeyWrite? To(StoredKey stored)
    {
        var values = stored.Values(Key);
        if (FormerKey is not null)
            values = values.SetItems(StoredKey.Names(FormerKey).Except(values.Keys).Select(n => KeyValuePair.Create(n, (string?)null)));
        var labels = Of.IsPaused() ? [] : Changes(Of.Spec.Secret.Labels!, n => Secret.Metadata.Labels.GetValueOrDefault(n));
        var annotations = Changes(stored.Annotations(Key), n => Secret.Metadata.Annotations.GetValueOrDefault(n));
        var data = new JsonObject(Changes(values, Secret.Read).Select(c => KeyValuePair.Create(c.Key, Base64((string?)c.Value))));
        if (labels.Count + annotations.Count + data.Count == 0)
            return null;
        return new KeyWrite.Patch(new()
        {
            ["metadata"] = new JsonObject
            {
                ["resourceVersion"] = Secret.Metadata.ResourceVersion,
                ["labels"] = labels,
                ["annotations"] = annotations,
            },
            ["data"] = data,
        });
    }

    private static JsonObject Changes(ImmutableSortedDictionary<string, string?> wanted, Func<string, string?> find) =>
        new(wanted.Where(w => w.Value != find(w.Key)).Select(w => KeyValuePair.Create(w.Key, (JsonNode?)w.Value)));

    private static JsonNode? Base64(string? text) => text is null ? null : Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
