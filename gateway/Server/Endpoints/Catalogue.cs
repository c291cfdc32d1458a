using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Errors;
using Gateway.Server.Metering;

namespace Gateway.Server.Endpoints;

/// <summary>What a key may know: the models that it may use and itself. Nothing of anybody else.</summary>
internal sealed class Catalogue(ISpendStore spend)
{
    private static readonly JsonWriterOptions s_options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>Null when it has answered.</returns>
    public async Task<GatewayError?> AnswerAsync(
        HttpContext context, Endpoint endpoint, Dialect dialect, GatewayModel model, KeyModel caller)
    {
        var buffer = new ArrayBufferWriter<byte>();
        await using var writer = new Utf8JsonWriter(buffer, s_options);
        var error = endpoint.Kind switch
        {
            EndpointKind.Models when endpoint.Model is { } name => WriteModel(writer, dialect, model, caller, name),
            EndpointKind.Models => WriteModels(writer, dialect, model, caller),
            EndpointKind.ModelInfo => WriteModelInfo(writer, model, caller),
            _ => WriteKeyInfo(writer, model, caller),
        };
        if (error is not null)
            return error;
        await writer.FlushAsync(context.RequestAborted);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = buffer.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
            await context.Response.Body.WriteAsync(buffer.WrittenMemory, context.RequestAborted);
        return null;
    }

    /// <summary>Names that can be called: a pattern cannot.</summary>
    private static IEnumerable<(string Name, RouteModel Route)> Callable(GatewayModel model, KeyModel caller) =>
        model.Routes
            .SelectMany(r => r.Names, (r, n) => (Name: n, Route: r))
            .Where(m => !m.Name.Contains('*', StringComparison.Ordinal) && caller.MayUse(m.Name, m.Route))
            .OrderBy(m => m.Name, StringComparer.Ordinal);

    private static GatewayError? WriteModels(Utf8JsonWriter writer, Dialect dialect, GatewayModel model, KeyModel caller)
    {
        var names = Callable(model, caller).Select(m => m.Name).ToArray();
        writer.WriteStartObject();
        if (dialect == Dialect.OpenAI)
            writer.WriteString("object"u8, "list"u8);
        writer.WriteStartArray("data"u8);
        foreach (var name in names)
            WriteModel(writer, dialect, model, name);
        writer.WriteEndArray();
        if (dialect == Dialect.Anthropic)
        {
            writer.WriteBoolean("has_more"u8, false);
            writer.WriteString("first_id"u8, names.FirstOrDefault());
            writer.WriteString("last_id"u8, names.LastOrDefault());
        }

        writer.WriteEndObject();
        return null;
    }

    private static GatewayError? WriteModel(Utf8JsonWriter writer, Dialect dialect, GatewayModel model, KeyModel caller, string name)
    {
        // A model that the key may not use and one that does not exist look alike: names of others are nobody's business.
        if (model.FindRoute(name) is not { } route || !caller.MayUse(name, route))
            return new(ErrorKind.ModelNotFound, $"The model `{name}` does not exist, or your key may not use it.") { Param = "model" };
        WriteModel(writer, dialect, model, name);
        return null;
    }

    /// <summary>https://platform.openai.com/docs/api-reference/models/object, https://docs.anthropic.com/en/api/models.</summary>
    private static void WriteModel(Utf8JsonWriter writer, Dialect dialect, GatewayModel model, string name)
    {
        writer.WriteStartObject();
        writer.WriteString("id"u8, name);
        if (dialect == Dialect.Anthropic)
        {
            writer.WriteString("type"u8, "model"u8);
            writer.WriteString("display_name"u8, name);
            writer.WriteString(
                "created_at"u8, model.AppliedTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
        }
        else
        {
            writer.WriteString("object"u8, "model"u8);
            writer.WriteNumber("created"u8, model.AppliedTime.ToUnixTimeSeconds());
            writer.WriteString("owned_by"u8, "llm-gateway"u8);
        }

        writer.WriteEndObject();
    }

    /// <summary>
    /// The shape of LiteLLM's <c>/model/info</c>, without what is nobody's business: where targets are and how they are entered.
    /// </summary>
    private static GatewayError? WriteModelInfo(Utf8JsonWriter writer, GatewayModel model, KeyModel caller)
    {
        writer.WriteStartObject();
        writer.WriteStartArray("data"u8);
        foreach (var (name, route) in Callable(model, caller))
        {
            foreach (var target in route.Targets)
            {
                writer.WriteStartObject();
                writer.WriteString("model_name"u8, name);
                writer.WriteStartObject("litellm_params"u8);
                writer.WriteString("model"u8, $"{target.Provider.ToString().ToLowerInvariant()}/{target.UpstreamModelFor(name)}");
                writer.WriteEndObject();
                writer.WriteStartObject("model_info"u8);
                writer.WriteString("id"u8, target.Id);
                WritePrice(writer, target.PriceFor(name));
                writer.WriteEndObject();
                writer.WriteEndObject();
            }
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        return null;
    }

    /// <summary>Per token, as LiteLLM gives it; null where no price is known.</summary>
    private static void WritePrice(Utf8JsonWriter writer, PriceModel? price)
    {
        WriteRate(writer, "input_cost_per_token", price?.Rates.Input);
        WriteRate(writer, "output_cost_per_token", price?.Rates.Output);
        WriteRate(writer, "cache_read_input_token_cost", price?.Rates.CacheRead);
        WriteRate(writer, "cache_creation_input_token_cost", price?.Rates.CacheWrite5m);
        if (price?.MaxOutputTokens is { } most)
            writer.WriteNumber("max_output_tokens"u8, most);
        else
            writer.WriteNull("max_output_tokens"u8);
    }

    private static void WriteRate(Utf8JsonWriter writer, string name, decimal? perMillion)
    {
        if (perMillion is { } rate)
            writer.WriteNumber(name, rate / 1_000_000m);
        else
            writer.WriteNull(name);
    }

    private GatewayError? WriteKeyInfo(Utf8JsonWriter writer, GatewayModel model, KeyModel caller)
    {
        writer.WriteStartObject();
        writer.WriteString("key"u8, caller.KeyId);
        writer.WriteStartObject("info"u8);
        writer.WriteString("key_name"u8, caller.KeyId);
        writer.WriteString("key_alias"u8, caller.Id);
        if (model.HasOneCurrency)
            writer.WriteNumber("spend"u8, spend.SpentBy(caller.Id).ToDecimal());
        else
            writer.WriteNull("spend"u8);
        writer.WriteString("expires"u8, caller.ExpirationTime?.ToString("O", CultureInfo.InvariantCulture));
        writer.WriteBoolean("blocked"u8, caller.State == KeyState.Blocked);
        writer.WriteStartArray("models"u8);
        foreach (var pattern in caller.Models)
            writer.WriteStringValue(pattern.ToString());
        writer.WriteEndArray();
        WriteLimit(writer, "rpm_limit", caller.Limits.RequestsPerMinute);
        WriteLimit(writer, "tpm_limit", caller.Limits.TokensPerMinute);
        WriteLimit(writer, "max_parallel_requests", caller.Limits.MaxParallelRequests);
        writer.WriteStartObject("metadata"u8);
        foreach (var (name, value) in caller.Attribution)
            writer.WriteString(name, value);
        writer.WriteEndObject();
        WriteBudgets(writer, caller);
        writer.WriteEndObject();
        writer.WriteEndObject();
        return null;
    }

    private void WriteBudgets(Utf8JsonWriter writer, KeyModel caller)
    {
        writer.WriteStartArray("budgets"u8);
        foreach (var counter in spend.Read(caller.Budgets)
            .Where(c => c.Key is null || string.Equals(c.Key, caller.Id, StringComparison.Ordinal)))
        {
            writer.WriteStartObject();
            writer.WriteString("budget"u8, counter.Budget);
            writer.WriteNumber("limit"u8, counter.Limit);
            writer.WriteNumber("spent"u8, counter.Settled);
            writer.WriteNumber("remaining"u8, Math.Max(0, counter.Limit - counter.Settled - counter.Reserved));
            writer.WriteString("resets_at"u8, counter.PeriodEnd?.ToString("O", CultureInfo.InvariantCulture));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }

    private static void WriteLimit(Utf8JsonWriter writer, string name, long? limit)
    {
        if (limit is { } value)
            writer.WriteNumber(name, value);
        else
            writer.WriteNull(name);
    }
}
