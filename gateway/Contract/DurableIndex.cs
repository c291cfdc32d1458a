using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;

namespace Gateway.Contract;

/// <summary>
/// Where the durable copy of a snapshot stands: in one of two sets of slots, so that one is whole while the other is being written. The
/// content of a set is one or more gzip members (RFC 1952), cut into parts of at most <see cref="SlotBytes"/>; the first member is the
/// snapshot as it was pushed, what follows is the operator's own.
/// </summary>
public sealed record DurableIndex
{
    /// <summary>The file, beside those of the slots, that holds the index as JSON.</summary>
    public const string FileName = "index";

    /// <summary>Sets that the copy alternates between.</summary>
    public const int Sets = 2;

    /// <summary>Slots of one set.</summary>
    public const int SlotsOfSet = 4;

    /// <summary>What one slot holds at most: 900 KiB, below the 1 MiB of a Secret.</summary>
    public const int SlotBytes = 900 * 1024;

    /// <summary>What a set holds at most.</summary>
    public const int SetBytes = SlotsOfSet * SlotBytes;

    /// <summary>What a part of the content has at most when it is unpacked; a gateway takes no larger snapshot by a push either.</summary>
    public const int MaxUnzippedBytes = 64 * 1024 * 1024;

    /// <summary>The set that counts, from 0.</summary>
    public required int Set { get; init; }

    /// <summary>How many of its slots, from the first on; what else stands in the set is of an older copy.</summary>
    public required int Slots { get; init; }

    /// <summary>Uid of the LlmGateway.</summary>
    public required string Gateway { get; init; }

    /// <summary>Revision of the snapshot.</summary>
    public required long Revision { get; init; }

    /// <summary>Hash of the snapshot.</summary>
    public required string Hash { get; init; }

    /// <summary>Length of the first member, in bytes.</summary>
    public required int SnapshotBytes { get; init; }

    /// <summary>Lower-case hex SHA-256 of the whole content.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The file of a slot, as <c>a-0</c>.</summary>
    /// <param name="set">From 0, below <see cref="Sets"/>.</param>
    /// <param name="slot">From 0, below <see cref="SlotsOfSet"/>.</param>
    public static string SlotFile(int set, int slot) => string.Create(CultureInfo.InvariantCulture, $"{(char)('a' + set)}-{slot}");

    /// <summary>Of content, as it stands in <see cref="Sha256"/>.</summary>
    public static string Checksum(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The parts for the slots, in their order; more than <see cref="SlotsOfSet"/> where the content is too large.</summary>
    public static ImmutableArray<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> content) =>
    [
        .. Enumerable.Range(0, (content.Length + SlotBytes - 1) / SlotBytes)
            .Select(i => content.Slice(i * SlotBytes, Math.Min(SlotBytes, content.Length - (i * SlotBytes)))),
    ];

    /// <summary>Puts the parts together again. False where they are not what the index says.</summary>
    /// <param name="parts">Of the first <see cref="Slots"/> slots; null: the slot is not there.</param>
    /// <param name="content">The whole content.</param>
    /// <param name="problem">Why there is none.</param>
    public bool TryJoin(
        IReadOnlyList<byte[]?> parts, [NotNullWhen(true)] out byte[]? content, [NotNullWhen(false)] out string? problem)
    {
        ArgumentNullException.ThrowIfNull(parts);
        var joined = ImmutableArray.CreateBuilder<byte>();
        foreach (var (slot, part) in parts.Index())
        {
            if (part is null)
            {
                (content, problem) = (null, $"slot {SlotFile(Set, slot)} is missing");
                return false;
            }

            joined.AddRange(part);
        }

        var whole = joined.ToArray();
        var isWhole = Checksum(whole) == Sha256 && SnapshotBytes >= 0 && SnapshotBytes <= whole.Length;
        content = isWhole ? whole : null;
        problem = isWhole ? null : "the slots are not those that the index was written for";
        return isWhole;
    }

    /// <summary>Whether set, slots and revision are ones that there can be.</summary>
    public bool IsSane() => Set is >= 0 and < Sets && Slots is > 0 and <= SlotsOfSet && ConfigSnapshot.IsRevision(Revision);
}
