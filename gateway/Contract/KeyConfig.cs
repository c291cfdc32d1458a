using System.Collections.Immutable;

namespace Gateway.Contract;

/// <summary>A virtual key. The key itself is never here, only the SHA-256 of it.</summary>
public sealed record KeyConfig
{
    /// <summary>The VirtualKey. Counters and ledger rows know it by <see cref="ObjectReference.Id"/>.</summary>
    public required ObjectReference Object { get; init; }

    /// <summary>The public part of the key, safe to show.</summary>
    public required string KeyId { get; init; }

    /// <summary>What is accepted: one hash, or two while a rotation overlaps.</summary>
    public required ImmutableArray<KeyHash> Hashes { get; init; }

    /// <summary>Models the key may use, as <see cref="ModelPattern"/>s; empty means none.</summary>
    public required ImmutableArray<string> Models { get; init; }

    /// <summary>Blocked keys are refused.</summary>
    public KeyState State { get; init; }

    /// <summary>From then on the key is refused, by the gateway's clock.</summary>
    public DateTimeOffset? ExpirationTime { get; init; }

    /// <summary>Null where there is no such limit.</summary>
    public LimitsConfig Limits { get; init; } = new();

    /// <summary>Free text of the key's owner that goes with every ledger row. Never trusted.</summary>
    public ImmutableSortedDictionary<string, string> Attribution { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>One accepted form of a key.</summary>
public sealed record KeyHash
{
    /// <summary>Lower-case hex SHA-256 of the key's UTF-8 bytes.</summary>
    public required string Sha256 { get; init; }

    /// <summary>End of a rotation's overlap; null: as long as the key itself.</summary>
    public DateTimeOffset? ExpirationTime { get; init; }
}

/// <summary>Whether a key is accepted.</summary>
public enum KeyState
{
    /// <summary>Accepted.</summary>
    Active,

    /// <summary>Refused with 401.</summary>
    Blocked,
}

/// <summary>Limits of one key. Null: none.</summary>
public sealed record LimitsConfig
{
    /// <summary>Requests in a UTC minute.</summary>
    public long? RequestsPerMinute { get; init; }

    /// <summary>Input and output tokens in a UTC minute.</summary>
    public long? TokensPerMinute { get; init; }

    /// <summary>Calls at the same time.</summary>
    public long? MaxParallelRequests { get; init; }
}
