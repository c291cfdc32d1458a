using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json;
using Gateway.Contract;
using Operator.Api;
using Operator.Translate;

namespace Operator.Push;

/// <summary>
/// What the slots of the durable copy hold together: the snapshot, and after it the last valid versions, each gzip of one or more members.
/// </summary>
internal sealed record DurableContent
{
    /// <summary>The whole.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>The length of the first member.</summary>
    public required int SnapshotBytes { get; init; }

    /// <summary>Compressed quickly, and harder only where that would not fit.</summary>
    public static DurableContent Of(StampedConfig config, LastValidVersions lastValid)
    {
        var versions = LastValidJson.Write(lastValid);
        var quick = Join([.. config.Json.Select(p => p.Zipped)], [.. versions.Select(p => p.Zipped)]);
        return quick.Bytes.Length <= DurableIndex.SetBytes
            ? quick
            : Join(
                [JsonPiece.Zip(config.Json, CompressionLevel.SmallestSize)],
                [JsonPiece.Zip(versions, CompressionLevel.SmallestSize)]);
    }

    /// <summary>Versions that a former build wrote and this one cannot read say nothing.</summary>
    public static DurableRead Read(byte[] content, DurableIndex index)
    {
        try
        {
            var json = Unzip(content.AsSpan(0, index.SnapshotBytes));
            var config = JsonSerializer.Deserialize(json, ContractJson.Default.ConfigSnapshot);
            return config is null || CanonicalJson.Hash(json) != index.Hash
                ? new DurableRead.Damaged("the hash is not that of the config")
                : new DurableRead.Found(config, Versions(Unzip(content.AsSpan(index.SnapshotBytes))));
        }
        catch (Exception e) when (e is InvalidDataException or JsonException)
        {
            return new DurableRead.Damaged(e.Message);
        }
    }

    /// <summary>The index that names this content.</summary>
    public DurableIndex IndexOf(ConfigSnapshot config, int set) => new()
    {
        Set = set,
        Slots = DurableIndex.Split(Bytes).Length,
        Gateway = config.Gateway,
        Revision = config.Revision,
        Hash = config.Hash,
        SnapshotBytes = SnapshotBytes,
        Sha256 = DurableIndex.Checksum(Bytes),
    };

    /// <summary>Only the length: the content holds credentials.</summary>
    public override string ToString() => FormattableString.Invariant($"DurableContent of {Bytes.Length} bytes");

    private static LastValidVersions Versions(byte[] json)
    {
        try
        {
            return JsonSerializer.Deserialize<LastValidVersions>(json, ApiJson.Options) ?? LastValidVersions.Empty;
        }
        catch (JsonException)
        {
            return LastValidVersions.Empty;
        }
    }

    private static DurableContent Join(ImmutableArray<ReadOnlyMemory<byte>> snapshot, ImmutableArray<ReadOnlyMemory<byte>> versions)
    {
        var bytes = new byte[snapshot.Sum(p => p.Length) + versions.Sum(p => p.Length)];
        var written = 0;
        foreach (var part in snapshot.Concat(versions))
        {
            part.Span.CopyTo(bytes.AsSpan(written));
            written += part.Length;
        }

        return new() { Bytes = bytes, SnapshotBytes = snapshot.Sum(p => p.Length) };
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
