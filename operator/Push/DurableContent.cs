using System.Collections.Immutable;
using System.IO.Compression;
using System.Text.Json;
using Gateway.Contract;
using Operator.Api;
using Operator.Translate;

namespace Operator.Push;

/// <summary>What the slots of the durable copy hold together: the snapshot, and after it the last valid versions, each a gzip member.</summary>
internal sealed record DurableContent
{
    /// <summary>The whole.</summary>
    public required byte[] Bytes { get; init; }

    /// <summary>The length of the first member.</summary>
    public required int SnapshotBytes { get; init; }

    /// <summary>Compressed quickly, and harder only where that would not fit.</summary>
    public static DurableContent Of(StampedConfig config, LastValidVersions lastValid)
    {
        var versions = JsonSerializer.SerializeToUtf8Bytes(WithoutStatus(lastValid), ApiJson.Options);
        var quick = Pack(CompressionLevel.Fastest);
        return quick.Bytes.Length <= DurableIndex.SetBytes ? quick : Pack(CompressionLevel.SmallestSize);

        DurableContent Pack(CompressionLevel level)
        {
            var snapshot = Zip(config.Body, level);
            return new() { Bytes = [.. snapshot, .. Zip(versions, level)], SnapshotBytes = snapshot.Length };
        }
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

    /// <summary>A status is never translated, and changes more often than the rest.</summary>
    private static LastValidVersions WithoutStatus(LastValidVersions versions) => versions with
    {
        Gateway = versions.Gateway is { } gateway ? gateway with { Status = null } : null,
        Routes = Lean(versions.Routes, r => r with { Status = null }),
        Keys = Lean(versions.Keys, k => k with { Status = null }),
        Budgets = Lean(versions.Budgets, b => b with { Status = null }),
    };

    private static ImmutableSortedDictionary<string, T> Lean<T>(ImmutableSortedDictionary<string, T> versions, Func<T, T> without) =>
        versions.ToImmutableSortedDictionary(v => v.Key, v => without(v.Value), versions.KeyComparer);

    private static byte[] Zip(ReadOnlyMemory<byte> json, CompressionLevel level)
    {
        using var zipped = new MemoryStream();
        using (var gzip = new GZipStream(zipped, level))
            gzip.Write(json.Span);
        return zipped.ToArray();
    }

    private static byte[] Unzip(ReadOnlySpan<byte> member)
    {
        using var gzip = new GZipStream(new MemoryStream(member.ToArray()), CompressionMode.Decompress);
        using var json = new MemoryStream();
        gzip.CopyTo(json);
        return json.ToArray();
    }
}
