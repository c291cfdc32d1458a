using System.Buffers;
using System.Collections.Immutable;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Server.Budget.Spool;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Postgres;

/// <summary>Rows as the functions of the schema read them.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    IgnoreReadOnlyProperties = true)]
[JsonSerializable(typeof(LedgerRow))]
[JsonSerializable(typeof(SpoolLine<LedgerRow>), TypeInfoPropertyName = "SpooledRows")]
[JsonSerializable(typeof(CallFacts))]
[JsonSerializable(typeof(ImmutableArray<Charge>))]
[JsonSerializable(typeof(GivenUp))]
internal sealed partial class LedgerJson : JsonSerializerContext
{
    public static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // An interval has no room for days as .NET writes them; no call takes that long.
    private static readonly TimeSpan s_longest = new(23, 59, 59);

    public static ReadOnlyMemory<byte> Rows(IEnumerable<LedgerRow> rows)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, Writing))
        {
            json.WriteStartArray();
            foreach (var row in rows)
                JsonSerializer.Serialize(json, Bound(row), Default.LedgerRow);
            json.WriteEndArray();
        }

        return WithoutZeros(buffer);
    }

    /// <summary>One question for each budget, numbered.</summary>
    public static ReadOnlyMemory<byte> Questions(ImmutableArray<(BudgetModel Budget, Period Period)> budgets)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, Writing);
        json.WriteStartArray();
        for (var i = 0; i < budgets.Length; i++)
        {
            var (budget, period) = budgets[i];
            json.WriteStartObject();
            json.WriteNumber("i", i);
            json.WriteBoolean("per_key", budget.PerKey);
            PostgresHold.WriteCounter(json, budget, period);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>So many calls, at most, of processes that are gone.</summary>
    public static ReadOnlyMemory<byte> Sessions(ImmutableArray<string> sessions, int limit)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(buffer, Writing);
        json.WriteStartObject();
        json.WriteNumber("limit", limit);
        json.WriteStartArray("sessions");
        foreach (var session in sessions)
            json.WriteStringValue(session);
        json.WriteEndArray();
        json.WriteEndObject();
        json.Flush();
        return buffer.WrittenMemory;
    }

    /// <summary>Postgres has no character zero; it becomes U+FFFD. https://www.postgresql.org/docs/current/datatype-json.html</summary>
    public static ReadOnlyMemory<byte> WithoutZeros(ArrayBufferWriter<byte> buffer)
    {
        var zero = "\\u0000"u8;
        if (buffer.WrittenSpan.IndexOf(zero) < 0)
            return buffer.WrittenMemory;
        var document = buffer.WrittenSpan.ToArray();
        for (var i = 0; i < document.Length; i++)
        {
            if (document[i] != '\\')
                continue;
            if (document.AsSpan(i).StartsWith(zero))
                "fffd"u8.CopyTo(document.AsSpan(i + 2));
            i++;
        }

        return document;
    }

    private static LedgerRow Bound(LedgerRow row)
    {
        if (row.Settlement is not { } end || (end.Latency <= s_longest && !(end.FirstToken > s_longest)))
            return row;
        return row with { Settlement = end with { Latency = Least(end.Latency)!.Value, FirstToken = Least(end.FirstToken) } };
    }

    private static TimeSpan? Least(TimeSpan? time) => time > s_longest ? s_longest : time;
}

/// <summary>The row that gave a call up, as far as its correction needs it.</summary>
internal sealed record GivenUp
{
    public required DateTimeOffset StartedAt { get; init; }

    public required long CostNanos { get; init; }

    public required long Tokens { get; init; }

    public required ImmutableArray<Charge> Charges { get; init; }
}
