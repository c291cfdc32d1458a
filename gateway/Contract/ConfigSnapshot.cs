using System.Collections.Immutable;

namespace Gateway.Contract;

/// <summary>
/// All that one gateway is told, in one piece: a gateway takes a snapshot whole or not at all.
/// </summary>
/// <remarks>
/// The gateway owns this contract and knows nothing of Kubernetes; the operator renders it. New optional members do not raise
/// <see cref="SchemaVersion"/>: a gateway ignores members that it does not know, and the hash is taken over the JSON as sent.
/// </remarks>
public sealed record ConfigSnapshot
{
    /// <summary>The schema that this build writes.</summary>
    public const int CurrentSchemaVersion = 1;

    /// <summary>The highest that every reader of JSON takes exactly: 2⁵³ − 1 (RFC 8259, section 6).</summary>
    private const long MaxRevision = (1L << 53) - 1;

    /// <summary>Whether a revision is one that there can be.</summary>
    public static bool IsRevision(long revision) => revision is > 0 and <= MaxRevision;

    /// <summary>The schema of this snapshot. A gateway refuses one that it does not speak (415).</summary>
    public required int SchemaVersion { get; init; }

    /// <summary>Uid of the LlmGateway. A gateway serves one uid for its life and refuses any other (409).</summary>
    public required string Gateway { get; init; }

    /// <summary>Rises with every change. A gateway never goes back to a lower one (409).</summary>
    public required long Revision { get; init; }

    /// <summary>
    /// Lower-case hex SHA-256 of the canonical JSON without <c>revision</c> and <c>hash</c>, see <see cref="CanonicalJson"/>.
    /// </summary>
    public required string Hash { get; init; }

    /// <summary>The LlmGateway itself.</summary>
    public required ObjectReference Object { get; init; }

    /// <summary>Settings of the gateway as a whole.</summary>
    public required SettingsConfig Settings { get; init; }

    /// <summary>Routes, each with its targets.</summary>
    public ImmutableArray<RouteConfig> Routes { get; init; } = [];

    /// <summary>Virtual keys, by the hashes of what callers present.</summary>
    public ImmutableArray<KeyConfig> Keys { get; init; } = [];

    /// <summary>Budgets, with the keys that each selects.</summary>
    public ImmutableArray<BudgetConfig> Budgets { get; init; } = [];

    /// <summary>Provider credentials, named by the targets that use them.</summary>
    public ImmutableArray<CredentialConfig> Credentials { get; init; } = [];

    /// <summary>Prices, named by the targets that they apply to.</summary>
    public ImmutableArray<PriceConfig> Prices { get; init; } = [];
}
