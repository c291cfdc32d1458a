using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gateway.Contract;

namespace Gateway.Server.Config;

/// <summary>
/// What became of the bytes of a snapshot. Without errors there is a snapshot whose hash is true; it is not validated yet.
/// </summary>
internal sealed record ReadOutcome
{
    public ConfigSnapshot? Snapshot { get; private init; }

    /// <summary>Why not; <see cref="Result"/> says which reply that makes.</summary>
    public ImmutableArray<ConfigError> Errors { get; private init; } = [];

    public required PushResult Result { get; init; }

    public static ReadOutcome Read(ConfigSnapshot snapshot) => new() { Result = PushResult.Accepted, Snapshot = snapshot };

    public static ReadOutcome Not(PushResult result, params ImmutableArray<ConfigError> errors) =>
        new() { Result = result, Errors = errors };
}

/// <summary>From bytes to a snapshot. Pure; every failure is a value.</summary>
/// <remarks>
/// 1. the schema, before anything of it is interpreted; 2. the hash over the bytes as sent; 3. the records. A value that an object of the
/// list cannot have (a provider that this build does not know) is that object's error, so that the sender can leave the object out.
/// </remarks>
internal static class SnapshotReader
{
    public static ReadOutcome Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            var (schemaVersion, hash) = ReadHead(json.Span);
            if (schemaVersion is null)
                return Malformed("`schemaVersion` is missing");
            if (schemaVersion != ConfigSnapshot.CurrentSchemaVersion)
                return UnknownSchema(schemaVersion.Value);
            if (hash is null || hash != CanonicalJson.Hash(json))
                return Malformed("`hash` is not that of the content");
        }
        catch (Exception e) when (IsMalformed(e))
        {
            return Malformed(e.Message);
        }

        try
        {
            return JsonSerializer.Deserialize(json.Span, ContractJson.Default.ConfigSnapshot) is { } snapshot
                ? ReadOutcome.Read(snapshot)
                : Malformed("a snapshot is a JSON object");
        }
        catch (Exception e) when (IsMalformed(e))
        {
            var errors = Blame(json);
            return errors.IsEmpty ? Malformed(e.Message) : ReadOutcome.Not(PushResult.Invalid, errors);
        }
    }

    /// <summary>The two members that are needed first. Refuses any null: the contract leaves out what it does not say.</summary>
    private static (int? SchemaVersion, string? Hash) ReadHead(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json);
        int? schemaVersion = null;
        string? hash = null;
        var member = "";
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.Null)
                throw new JsonException($"null at byte {reader.TokenStartIndex}: leave out what there is not");
            if (reader.CurrentDepth != 1)
                continue;
            if (reader.TokenType == JsonTokenType.PropertyName)
                member = reader.GetString();
            else if (member == "schemaVersion" && reader.TokenType == JsonTokenType.Number)
                schemaVersion = reader.GetInt32();
            else if (member == "hash" && reader.TokenType == JsonTokenType.String)
                hash = reader.GetString();
        }

        return (schemaVersion, hash);
    }

    /// <summary>Reads each object by itself to find all those that cannot be read.</summary>
    private static ImmutableArray<ConfigError> Blame(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        var errors = ImmutableArray.CreateBuilder<ConfigError>();
        Try("routes", ContractJson.Default.RouteConfig);
        Try("keys", ContractJson.Default.KeyConfig);
        Try("budgets", ContractJson.Default.BudgetConfig);
        return errors.ToImmutable();

        void Try<T>(string list, JsonTypeInfo<T> type)
        {
            if (!document.RootElement.TryGetProperty(list, out var items) || items.ValueKind != JsonValueKind.Array)
                return;
            foreach (var item in items.EnumerateArray())
            {
                if (Error(item, type) is { } error)
                    errors.Add(error);
            }
        }
    }

    /// <summary>Null where the object can be read, and where it cannot be told which object this is.</summary>
    private static ConfigError? Error<T>(JsonElement item, JsonTypeInfo<T> type)
    {
        try
        {
            item.Deserialize(type);
            return null;
        }
        catch (Exception e) when (IsMalformed(e))
        {
            return Reference(item) is { } of
                ? new() { Kind = of.Kind, Namespace = of.Namespace, Name = of.Name, Field = FieldOf(e), Message = e.Message }
                : null;
        }
    }

    private static ObjectReference? Reference(JsonElement item)
    {
        try
        {
            return item.ValueKind == JsonValueKind.Object && item.TryGetProperty("object", out var of)
                ? of.Deserialize(ContractJson.Default.ObjectReference)
                : null;
        }
        catch (Exception e) when (IsMalformed(e))
        {
            return null;
        }
    }

    /// <summary>As <c>targets[1].provider</c>.</summary>
    private static string FieldOf(Exception e) => (e as JsonException)?.Path?.TrimStart('$', '.') ?? "";

    /// <summary>
    /// What System.Text.Json throws at bad input; half a surrogate pair is an InvalidOperationException, a number too large a
    /// FormatException.
    /// </summary>
    private static bool IsMalformed(Exception e) => e is JsonException or InvalidOperationException or FormatException or ArgumentException;

    private static ReadOutcome Malformed(string message) => ReadOutcome.Not(PushResult.Malformed, new ConfigError { Message = message });

    private static ReadOutcome UnknownSchema(int version) => ReadOutcome.Not(
        PushResult.UnknownSchema,
        new ConfigError { Message = $"schema {version} is not known; this gateway takes schema {ConfigSnapshot.CurrentSchemaVersion}" });
}
