using Operator.Api;
using Operator.Translate;

namespace Operator.Keys;

/// <summary>From keys to what the translation may know of them: hashes, never the key.</summary>
internal static class KeyMaterials
{
    /// <summary>Characters of the hash that name a key of another form.</summary>
    private const int ForeignIdLength = 12;

    /// <summary>Of a key that the operator made.</summary>
    public static KeyMaterial Of(VirtualKey of, StoredKey stored) => new()
    {
        KeyId = stored.Current.Id,
        Hashes = stored.Hashes,
        CreatedTime = stored.CreatedTime,
        NextRotationTime = KeyRotation.NextTime(stored, of),
        ObservedRotateAnnotation = stored.ObservedRequest,
    };

    /// <summary>Of a key that a user brought, without white space around it.</summary>
    public static KeyMaterial OfBrought(string key)
    {
        var hash = GeneratedKey.Sha256(key);
        return new() { KeyId = GeneratedKey.Parse(key)?.Id ?? hash[..ForeignIdLength], Hashes = [new() { Sha256 = hash }] };
    }
}
