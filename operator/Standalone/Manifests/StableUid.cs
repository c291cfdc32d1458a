using System.Security.Cryptography;
using System.Text;

namespace Operator.Standalone.Manifests;

/// <summary>
/// A uid that an object has wherever and whenever it is read, because a gateway serves one uid for its life: a UUID of version 8 made of
/// its name (RFC 9562, section 5.8).
/// </summary>
internal static class StableUid
{
    public static string Of(ObjectId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{ResourceNamespace}/{id}")).AsSpan(0, 16).CopyTo(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true).ToString();
    }

    private const string ResourceNamespace = "standalone.llmgateway.dev";
}
