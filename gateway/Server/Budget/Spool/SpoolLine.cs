using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace Gateway.Server.Budget.Spool;

/// <summary>What is in one line, without what it holds.</summary>
internal record SpoolHead
{
    /// <summary>Of the process that wrote it.</summary>
    public required string Session { get; init; }

    /// <summary>Of the batch, among those of its session.</summary>
    public required long Number { get; init; }

    /// <summary>Items in it.</summary>
    public required int Count { get; init; }
}

/// <summary>A line of a spool: items that are delivered together. Members may be added, nullable; a meaning never changes.</summary>
internal sealed record SpoolLine<T> : SpoolHead
{
    public required ImmutableArray<T> Items { get; init; }
}

/// <summary>A place between two lines.</summary>
internal sealed record SpoolMark(long Segment, long Offset);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(SpoolHead))]
[JsonSerializable(typeof(SpoolMark))]
internal sealed partial class SpoolJson : JsonSerializerContext;
