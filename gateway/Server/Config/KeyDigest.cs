using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Gateway.Server.Config;

/// <summary>The SHA-256 of a key, as a value that a dictionary can look up without allocating.</summary>
internal readonly record struct KeyDigest(ulong A, ulong B, ulong C, ulong D)
{
    public static KeyDigest Of(ReadOnlySpan<byte> key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key, hash);
        return Read(hash);
    }

    /// <summary>From 64 hexadecimal digits.</summary>
    public static KeyDigest Parse(string hex) => Read(Convert.FromHexString(hex));

    private static KeyDigest Read(ReadOnlySpan<byte> hash) => new(
        BinaryPrimitives.ReadUInt64BigEndian(hash),
        BinaryPrimitives.ReadUInt64BigEndian(hash[8..]),
        BinaryPrimitives.ReadUInt64BigEndian(hash[16..]),
        BinaryPrimitives.ReadUInt64BigEndian(hash[24..]));
}
