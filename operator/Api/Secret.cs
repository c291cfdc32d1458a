using System.Collections.Immutable;
using System.Text;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>A Secret, as far as it is read here.</summary>
internal sealed record Secret() : KubernetesObject("v1", "Secret")
{
    /// <summary>What it is for; fixed once it is made.</summary>
    [Text(253)]
    public string Type { get; init; } = "Opaque";

    /// <summary>Values, in base64 on the wire.</summary>
    [Entries(1024, KeyPattern = Patterns.SecretKey, KeyMeans = Patterns.SecretKeyMeans)]
    [Text(1_398_104, MinLength = 0, Sensitive = true)]
    public ImmutableSortedDictionary<string, byte[]> Data { get; init; } = ImmutableSortedDictionary<string, byte[]>.Empty;

    /// <summary>Values in plain text, for people who write manifests. A server moves them to <see cref="Data"/>.</summary>
    [Entries(1024, KeyPattern = Patterns.SecretKey, KeyMeans = Patterns.SecretKeyMeans)]
    [Text(1_048_576, MinLength = 0, Sensitive = true)]
    public ImmutableSortedDictionary<string, string> StringData { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Whether the values are fixed.</summary>
    public bool? Immutable { get; init; }

    /// <summary>
    /// The value as text, or null where there is no such key. Where both hold it, <see cref="StringData"/> wins, as in a server.
    /// </summary>
    public string? Read(string key)
    {
        if (StringData.TryGetValue(key, out var text))
            return text;
        return Data.TryGetValue(key, out var bytes) ? Encoding.UTF8.GetString(bytes) : null;
    }

    /// <summary>Only the name: a record that is printed by accident gives nothing away.</summary>
    public override string ToString() => $"Secret {Id()}";
}
