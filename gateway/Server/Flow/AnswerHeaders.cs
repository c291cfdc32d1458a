using System.Globalization;
using Gateway.Server.Budget;
using Gateway.Server.Metering;
using Gateway.Server.Providers;

namespace Gateway.Server.Flow;

/// <summary>The headers of our own that every answer carries, by the names that LiteLLM's clients know.</summary>
internal static class AnswerHeaders
{
    /// <summary>Known before anything is done.</summary>
    public static void Identify(HttpContext context, Dialect dialect)
    {
        var headers = context.Response.Headers;
        headers["x-request-id"] = context.TraceIdentifier;
        headers["x-litellm-call-id"] = context.TraceIdentifier;
        if (dialect == Dialect.Anthropic)
            headers["request-id"] = context.TraceIdentifier;
    }

    /// <summary>The key's limits, once it holds a reservation.</summary>
    public static void Limits(Call call, DateTimeOffset now)
    {
        Limit(call, "requests", call.Reservation?.Requests, now);
        Limit(call, "tokens", call.Reservation?.Tokens, now);
    }

    /// <summary>One limit by the minute, also on the refusal that it caused.</summary>
    public static IEnumerable<KeyValuePair<string, string>> Limit(Dialect dialect, string kind, LimitState state, DateTimeOffset now)
    {
        var seconds = Math.Max(0, Math.Ceiling((state.ResetTime - now).TotalSeconds));
        yield return new($"x-ratelimit-limit-{kind}", Number(state.Limit));
        yield return new($"x-ratelimit-remaining-{kind}", Number(state.Remaining));
        yield return new($"x-ratelimit-reset-{kind}", Number((long)seconds) + "s");
        if (dialect != Dialect.Anthropic)
            yield break;
        yield return new($"anthropic-ratelimit-{kind}-limit", Number(state.Limit));
        yield return new($"anthropic-ratelimit-{kind}-remaining", Number(state.Remaining));
        yield return new(
            $"anthropic-ratelimit-{kind}-reset",
            state.ResetTime.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture));
    }

    /// <summary>The start of an answer that came from upstream.</summary>
    public static void Answer(Call call, HttpResponseMessage upstream)
    {
        var response = call.Context.Response;
        response.StatusCode = (int)upstream.StatusCode;
        if (upstream.Content.Headers.NonValidated.TryGetValues("Content-Type", out var type)
            && ResponseHeaders.IsPrintable(type.ToString()))
            response.ContentType = type.ToString();
        ResponseHeaders.Copy(upstream.Headers, response.Headers);
        Tried(call);
    }

    /// <summary>What was tried, also on the error that came of it.</summary>
    public static void Tried(Call call)
    {
        var headers = call.Context.Response.Headers;
        if (call.Target is not null)
            headers["x-litellm-model-id"] = call.Target.Id;
        headers["x-litellm-attempted-retries"] = Number(Math.Max(0, call.Attempts - 1 - call.Fallbacks));
        headers["x-litellm-attempted-fallbacks"] = Number(call.Fallbacks);
        headers["x-gateway-overhead-ms"] = (call.Elapsed - call.Waited).TotalMilliseconds.ToString("0.###", CultureInfo.InvariantCulture);
    }

    /// <summary>What the answer costs: only of answers that are whole before they are sent.</summary>
    /// <param name="context">The request.</param>
    /// <param name="charge">What it costs.</param>
    /// <param name="spentBefore">By its key; null: in several currencies.</param>
    public static void Cost(HttpContext context, Charge charge, Money? spentBefore)
    {
        if (charge.IsUnpriced)
            return;
        context.Response.Headers["x-litellm-response-cost"] = charge.Cost.ToString();
        if (spentBefore is { } before)
            context.Response.Headers["x-litellm-key-spend"] = (before + charge.Cost).ToString();
    }

    private static void Limit(Call call, string kind, LimitState? state, DateTimeOffset now)
    {
        if (state is null)
            return;
        foreach (var (name, value) in Limit(call.Dialect, kind, state.Value, now))
            call.Context.Response.Headers[name] = value;
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
