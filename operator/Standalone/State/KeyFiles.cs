using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using Operator.Api;
using Operator.Keys;
using Operator.Status;

namespace Operator.Standalone.State;

/// <summary>
/// The Secrets of generated keys, one file each, in the form in which a cluster takes them. A key is made once: a VirtualKey that is deleted and
/// comes back has the key that it had.
/// </summary>
internal sealed class KeyFiles(string folder)
{
    private static readonly JsonSerializerOptions s_indented = new(ApiJson.Options) { WriteIndented = true };

    /// <summary>The key that stands for a VirtualKey, on disk before it is returned. A file without a good key is never written over.</summary>
    /// <exception cref="IOException">The file cannot be read or written, or holds no key.</exception>
    public GeneratedKey GetOrCreate(VirtualKey of)
    {
        var at = KeyStatus.SecretOf(of);
        var path = Path.Combine(folder, of.Metadata.Namespace, at.Name + ".json");
        if (PrivateFile.Read(path) is { } json)
            return GeneratedKey.Parse(Parse(json)?.Read(at.Key)) ?? throw new IOException($"{path} holds no key under `{at.Key}`");
        var key = GeneratedKey.Create(RandomNumberGenerator.GetBytes(GeneratedKey.IdBytes), RandomNumberGenerator.GetBytes(GeneratedKey.SecretBytes));
        PrivateFile.Write(path, JsonSerializer.Serialize(SecretOf(of, at, key), s_indented));
        return key;
    }

    private static Secret SecretOf(VirtualKey of, SecretKeyReference at, GeneratedKey key) => new()
    {
        Metadata = new() { Name = at.Name, Namespace = of.Metadata.Namespace, Labels = of.Spec.Secret.Labels },
        StringData = new Dictionary<string, string>(StringComparer.Ordinal) { [at.Key] = key.Text }.ToImmutableSortedDictionary(StringComparer.Ordinal),
    };

    private static Secret? Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<Secret>(json, ApiJson.Options);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
