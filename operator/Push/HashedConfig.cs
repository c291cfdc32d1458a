using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gateway.Contract;

namespace Operator.Push;

/// <summary>
/// A config with its hash, see <see cref="CanonicalJson"/>. Written in the canonical order at once, so that one text is both hashed and
/// sent.
/// </summary>
internal sealed class HashedConfig
{
    private static readonly JsonSerializerOptions s_json = ContractJson.Default.ConfigSnapshot.Options;

    private static readonly ImmutableArray<JsonPropertyInfo> s_members =
    [
        .. ContractJson.Default.ConfigSnapshot.Properties
            .Where(p => p.Name is not ("revision" or "hash"))
            .OrderBy(p => p.Name, StringComparer.Ordinal),
    ];

    private static readonly JsonPieces<RouteConfig> s_routes = new(r => r.Object.Name, Write);
    private static readonly JsonPieces<KeyConfig> s_keys = new(k => k.Object.Name, Write);
    private static readonly JsonPieces<BudgetConfig> s_budgets = new(b => b.Object.Name, Write);
    private static readonly JsonPieces<PriceConfig> s_prices = new(p => p.Name, Write);

    public HashedConfig(ConfigSnapshot config)
    {
        Snapshot = config;
        Members = Write(config);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData("{"u8);
        foreach (var piece in Members)
            hash.AppendData(piece.Json.Span);
        Hash = Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>As it was given: its own hash says nothing.</summary>
    public ConfigSnapshot Snapshot { get; }

    /// <summary>Lower-case hex.</summary>
    public string Hash { get; }

    /// <summary>All members but revision and hash, and the closing brace.</summary>
    public ImmutableArray<JsonPiece> Members { get; }

    private static ImmutableArray<JsonPiece> Write(ConfigSnapshot config)
    {
        var text = new JsonText();
        foreach (var member in s_members)
        {
            if (member != s_members[0])
                text.Add(","u8);
            text.Add(Write(member.Name)).Add(":"u8);
            Write(member.Get!(config), member.PropertyType, text);
        }

        return text.Add("}"u8).ToImmutable();
    }

    private static void Write(object? value, Type type, JsonText text)
    {
        var elements = value switch
        {
            ImmutableArray<RouteConfig> routes => s_routes.Of(routes),
            ImmutableArray<KeyConfig> keys => s_keys.Of(keys),
            ImmutableArray<BudgetConfig> budgets => s_budgets.Of(budgets),
            ImmutableArray<PriceConfig> prices => s_prices.Of(prices),
            _ => null,
        };
        if (elements is null)
            text.Add(CanonicalJson.OfPart(JsonSerializer.SerializeToUtf8Bytes(value, type, s_json)));
        else
            text.Add("["u8).Add(elements).Add("]"u8);
    }

    private static byte[] Write<T>(T value) => CanonicalJson.OfPart(JsonSerializer.SerializeToUtf8Bytes(value, s_json)).ToArray();
}
