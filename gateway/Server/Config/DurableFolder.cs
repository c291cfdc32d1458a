using System.IO.Compression;
using System.Text.Json;
using Gateway.Contract;

namespace Gateway.Server.Config;

/// <summary>
/// The durable copy of the config as a volume shows it: an index, and slots beside it. Somebody else writes it, at any moment.
/// </summary>
internal sealed class DurableFolder(string path)
{
    public string Path => path;

    /// <summary>The snapshot as it was pushed; null where there is none, with the problem where there should be one.</summary>
    public (byte[]? Json, string? Problem) Read()
    {
        try
        {
            return ReadFile(DurableIndex.FileName) is { } json ? Read(json) : (null, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or InvalidDataException)
        {
            return (null, e.Message);
        }
    }

    private (byte[]? Json, string? Problem) Read(byte[] indexJson)
    {
        if (JsonSerializer.Deserialize(indexJson, ContractJson.Default.DurableIndex) is not { } index || !index.IsSane())
            return (null, "the index makes no sense");
        var parts = Enumerable.Range(0, index.Slots).Select(slot => ReadFile(DurableIndex.SlotFile(index.Set, slot))).ToList();
        return index.TryJoin(parts, out var content, out var problem)
            ? (Unzip(content.AsSpan(0, index.SnapshotBytes)), null)
            : (null, problem);
    }

    private byte[]? ReadFile(string name)
    {
        var file = System.IO.Path.Combine(path, name);
        return File.Exists(file) ? File.ReadAllBytes(file) : null;
    }

    /// <summary>Bounded: whoever may write Secrets may write what unpacks to gigabytes.</summary>
    private static byte[] Unzip(ReadOnlySpan<byte> member)
    {
        using var gzip = new GZipStream(new MemoryStream(member.ToArray()), CompressionMode.Decompress);
        using var json = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (var read = gzip.Read(buffer); read > 0; read = gzip.Read(buffer))
        {
            if (json.Length + read > DurableIndex.MaxUnzippedBytes)
                throw new InvalidDataException($"unpacked it has more than {DurableIndex.MaxUnzippedBytes} bytes");
            json.Write(buffer, 0, read);
        }

        return json.ToArray();
    }
}
