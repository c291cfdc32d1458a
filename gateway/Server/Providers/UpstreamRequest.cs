using System.Collections.Immutable;

namespace Gateway.Server.Providers;

/// <summary>What is sent upstream: a translator's pure result.</summary>
internal sealed record UpstreamRequest
{
    /// <summary>Absolute.</summary>
    public required string Url { get; init; }

    /// <summary>What differs from the client's body, in rising order and without overlap.</summary>
    public ImmutableArray<BodyEdit> Edits { get; init; } = [];

    /// <summary>The translator's own headers, credentials among them; they win over the client's.</summary>
    public required ImmutableArray<KeyValuePair<string, string>> Headers { get; init; }
}

/// <summary>Replaces <paramref name="Length"/> bytes from <paramref name="Start"/>; a length of 0 inserts.</summary>
internal readonly record struct BodyEdit(int Start, int Length, ReadOnlyMemory<byte> Replacement);
