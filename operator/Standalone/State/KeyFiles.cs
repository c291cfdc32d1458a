using System.Security.Cryptography;
using System.Text.Json;
using Operator.Api;
using Operator.Keys;
using Operator.Status;

namespace Operator.Standalone.State;

/// <summary>
/// The Secrets of generated keys, one file each, in the form in which a cluster takes them. A key is made once: a VirtualKey that is
/// deleted and comes back has the key that it had.
/// </summary>
internal sealed class KeyFiles(string folder)
{
    private static readonly JsonSerializerOptions s_indented = new(ApiJson.Options) { WriteIndented = true };

    /// <summary>
    /// What stands for a VirtualKey now: made where it is missing, taken a step further where a rotation is due. On disk before it is
    /// returned. A file without a good key is never written over.
    /// </summary>
    /// <param name="of">The VirtualKey.</param>
    /// <param name="now">The moment.</param>
    /// <param name="isAcknowledged">Whether the gateway takes the key with this hash.</param>
    /// <exception cref="IOException">The file cannot be read or written, or holds no key.</exception>
    public StoredKey Advance(VirtualKey of, DateTimeOffset now, Func<string, bool> isAcknowledged)
    {
        var at = KeyStatus.SecretOf(of);
        var path = Path.Combine(folder, of.Metadata.Namespace, at.Name + ".json");
        if (PrivateFile.Read(path) is not { } json)
        {
            var made = new StoredKey { Current = Create(), CreatedTime = now, ObservedRequest = KeyRotation.Request(of) };
            Write(path, made.WriteTo(New(of, at), at.Key));
            return made;
        }

        var secret = Parse(json);
        var stored = (secret is null ? null : StoredKey.Read(secret, at.Key))
            ?? throw new IOException($"{path} holds no key under `{at.Key}`");
        var isNextAcknowledged = stored.Next is { } next && isAcknowledged(GeneratedKey.Sha256(next.Text));
        var advanced = KeyRotation.Advance(stored, of, now, isNextAcknowledged, Create);
        if (advanced != stored)
            Write(path, advanced.WriteTo(secret!, at.Key));
        return advanced;
    }

    private static GeneratedKey Create() =>
        GeneratedKey.Create(RandomNumberGenerator.GetBytes(GeneratedKey.IdBytes), RandomNumberGenerator.GetBytes(GeneratedKey.SecretBytes));

    private static void Write(string path, Secret secret) => PrivateFile.Write(path, JsonSerializer.Serialize(secret, s_indented));

    private static Secret New(VirtualKey of, SecretKeyReference at) => new()
    {
        Metadata = new() { Name = at.Name, Namespace = of.Metadata.Namespace, Labels = of.Spec.Secret.Labels },
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
