using System.Collections.Immutable;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Server.Budget;
using Gateway.Server.Metering;

namespace Gateway.Server.Endpoints;

/// <summary>
/// Reports and rows of the ledger as JSON. Names are those of LiteLLM's spend logs where both have the thing. Amounts are exact decimals.
/// </summary>
internal static class SpendJson
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static byte[] Report(SpendParameters parameters, SpendReport report) => Write(writer =>
    {
        writer.WriteString("start_date"u8, Text(parameters.Filter.Start));
        writer.WriteString("end_date"u8, Text(parameters.Filter.End));
        writer.WriteStartArray("results"u8);
        foreach (var group in report.Groups)
        {
            writer.WriteStartObject();
            foreach (var (dimension, value) in parameters.GroupBy.Zip(group.Values))
                writer.WriteString(SpendNames.Name(dimension), SpendNames.Value(dimension, value));
            WriteSum(writer, group.Sum);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartObject("total"u8);
        WriteSum(writer, report.Total);
        writer.WriteEndObject();
    });

    public static byte[] Page(LedgerPage page) => Write(writer =>
    {
        writer.WriteStartArray("data"u8);
        foreach (var row in page.Rows)
        {
            writer.WriteStartObject();
            WriteRow(writer, row);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteString("next_cursor"u8, page.Cursor);
    });

    private static byte[] Write(Action<Utf8JsonWriter> members)
    {
        using var json = new MemoryStream();
        using (var writer = new Utf8JsonWriter(json, s_options))
        {
            writer.WriteStartObject();
            members(writer);
            writer.WriteEndObject();
        }

        return json.ToArray();
    }

    /// <summary>No <c>spend</c> where several currencies were added up.</summary>
    private static void WriteSum(Utf8JsonWriter writer, SpendSum sum)
    {
        if (sum.IsMixed)
            writer.WriteNull("spend"u8);
        else
            writer.WriteNumber("spend"u8, sum.Cost.ToDecimal());
        writer.WriteString("currency"u8, sum.IsMixed ? null : sum.Currency);
        writer.WriteNumber("requests"u8, sum.Requests);
        writer.WriteNumber("failed_requests"u8, sum.Failed);
        writer.WriteNumber("refused_requests"u8, sum.Refused);
        writer.WriteNumber("prompt_tokens"u8, sum.PromptTokens);
        writer.WriteNumber("cached_tokens"u8, sum.CachedTokens);
        writer.WriteNumber("completion_tokens"u8, sum.CompletionTokens);
        writer.WriteNumber("total_tokens"u8, sum.Tokens);
    }

    private static void WriteRow(Utf8JsonWriter writer, LedgerRow row)
    {
        var (facts, end) = (row.Facts, row.Settlement);
        writer.WriteString("request_id"u8, row.CallId);
        writer.WriteString("kind"u8, JsonNamingPolicy.SnakeCaseLower.ConvertName(row.Kind.ToString()));
        writer.WriteString("status"u8, SpendNames.Name(row.Status));
        WriteNumber(writer, "http_status", end?.HttpStatus is > 0 and var http ? http : null);
        writer.WriteString("error"u8, end?.Error);
        writer.WriteNumber("requests"u8, row.CallCount);
        writer.WriteString("startTime"u8, Text(row.StartedAt));
        writer.WriteString("endTime"u8, Text(row.EndedAt));
        WriteNumber(writer, "latency_ms", (long?)end?.Latency.TotalMilliseconds);
        WriteNumber(writer, "first_token_ms", (long?)end?.FirstToken?.TotalMilliseconds);
        writer.WriteBoolean("stream"u8, facts.Stream);
        WriteNumber(writer, "attempts", end?.Attempts);
        writer.WriteString("gateway"u8, facts.Gateway);
        writer.WriteString("key"u8, row.Key);
        writer.WriteString("model"u8, facts.Model);
        writer.WriteString("route"u8, row.Route);
        writer.WriteString("target"u8, end?.Target);
        writer.WriteString("provider"u8, end?.Provider);
        writer.WriteString("upstream_model"u8, end?.UpstreamModel);
        writer.WriteString("end_user"u8, facts.EndUser);
        writer.WriteString("session_id"u8, facts.Session);
        writer.WriteStartArray("request_tags"u8);
        foreach (var tag in facts.Tags.IsDefault ? [] : facts.Tags)
            writer.WriteStringValue(tag);
        writer.WriteEndArray();
        writer.WriteStartObject("attribution"u8);
        foreach (var (name, value) in facts.Attribution)
            writer.WriteString(name, value);
        writer.WriteEndObject();
        writer.WriteNumber("spend"u8, new Money(row.CostNanos).ToDecimal());
        writer.WriteString("currency"u8, end?.Currency);
        writer.WriteString("price_version"u8, end?.PriceVersion);
        writer.WriteBoolean("unpriced"u8, end?.Unpriced ?? false);
        WriteUsage(writer, end?.Usage);
        writer.WriteNumber("total_tokens"u8, row.Tokens);
        WriteCharges(writer, row.Charges);
    }

    /// <summary>Null where it was not reported.</summary>
    private static void WriteUsage(Utf8JsonWriter writer, TokenUsage? usage)
    {
        writer.WriteBoolean("estimated"u8, usage?.Estimated ?? true);
        WriteNumber(writer, "prompt_tokens", usage?.InputTotal);
        WriteNumber(writer, "cache_read_input_tokens", usage?.CacheRead);
        WriteNumber(writer, "cache_creation_5m_input_tokens", usage?.CacheWrite5m);
        WriteNumber(writer, "cache_creation_1h_input_tokens", usage?.CacheWrite1h);
        WriteNumber(writer, "completion_tokens", usage?.OutputTotal);
        WriteNumber(writer, "reasoning_tokens", usage?.Reasoning);
        WriteNumber(writer, "web_searches", usage?.WebSearches);
        WriteNumber(writer, "file_searches", usage?.FileSearches);
    }

    private static void WriteCharges(Utf8JsonWriter writer, ImmutableArray<Charge> charges)
    {
        writer.WriteStartArray("budgets"u8);
        foreach (var charge in charges)
        {
            writer.WriteStartObject();
            writer.WriteString("budget"u8, charge.Budget);
            writer.WriteString("period_start"u8, charge.PeriodStart == Period.Total.Start ? null : Text(charge.PeriodStart));
            if (charge.Unit == ChargeUnit.Tokens)
                writer.WriteNumber("tokens"u8, charge.Amount);
            else
                writer.WriteNumber("spend"u8, new Money(charge.Amount).ToDecimal());
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteNumber(Utf8JsonWriter writer, string name, long? number)
    {
        if (number is { } value)
            writer.WriteNumber(name, value);
        else
            writer.WriteNull(name);
    }

    private static string Text(DateTimeOffset instant) =>
        instant.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFF'Z'", CultureInfo.InvariantCulture);
}
