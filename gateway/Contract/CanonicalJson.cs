using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Gateway.Contract;

/// <summary>
/// The hash of a snapshot: SHA-256 over its JSON with object members in ordinal order, no white space, and without the top-level
/// <c>revision</c> and <c>hash</c>.
/// </summary>
/// <remarks>
/// It is taken over the JSON as sent, not over the records, so that a gateway which does not know a newer optional member still
/// comes to the same hash as the operator that wrote it.
/// </remarks>
public static class CanonicalJson
{
    /// <summary>The snapshot with <see cref="ConfigSnapshot.Hash"/> set to what its content says.</summary>
    public static ConfigSnapshot WithHash(ConfigSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var json = JsonSerializer.SerializeToUtf8Bytes(snapshot with { Hash = "" }, ContractJson.Default.ConfigSnapshot);
        return snapshot with { Hash = Hash(json) };
    }

    /// <summary>Lower-case hex. Throws <see cref="JsonException"/> where the text is no JSON.</summary>
    public static string Hash(ReadOnlyMemory<byte> snapshotJson) =>
        Convert.ToHexStringLower(SHA256.HashData(Write(snapshotJson, isSnapshot: true).WrittenSpan));

    /// <summary>A part of a snapshot as the hash is taken over it. Throws <see cref="JsonException"/> where the text is no JSON.</summary>
    public static ReadOnlySpan<byte> OfPart(ReadOnlyMemory<byte> json) => Write(json, isSnapshot: false).WrittenSpan;

    private static ArrayBufferWriter<byte> Write(ReadOnlyMemory<byte> json, bool isSnapshot)
    {
        using var document = JsonDocument.Parse(json);
        var buffer = new ArrayBufferWriter<byte>(json.Length);
        using var writer = new Utf8JsonWriter(buffer);
        Write(writer, document.RootElement, isSnapshot);
        writer.Flush();
        return buffer;
    }

    private static void Write(Utf8JsonWriter writer, JsonElement element, bool isRoot)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var member in element.EnumerateObject().OrderBy(m => m.Name, StringComparer.Ordinal))
                {
                    if (isRoot && (member.Name is "revision" or "hash"))
                        continue;
                    writer.WritePropertyName(member.Name);
                    Write(writer, member.Value, isRoot: false);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                foreach (var item in element.EnumerateArray())
                    Write(writer, item, isRoot: false);
                writer.WriteEndArray();
                break;
            default:
                element.WriteTo(writer);
                break;
        }
    }
}
