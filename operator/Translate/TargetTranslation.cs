using System.Globalization;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>One target of a route: its credentials and its price.</summary>
internal static class TargetTranslation
{
    /// <returns>Null when it cannot be used: what is missing has been reported.</returns>
    public static TargetConfig? Translate(ModelRoute route, ModelRouteSpec spec, ModelTarget target, string field, Workbook work)
    {
        string? credential = null;
        if (target.Credentials is { } credentials)
        {
            if (SecretReading.Read(route, credentials.SecretRef, field + ".credentials.secretRef", work) is not { } value)
                return null;
            credential = $"{route.Metadata.Namespace}/{credentials.SecretRef.Name}/{credentials.SecretRef.Key}";
            work.Use(new CredentialConfig { Name = credential, Value = value });
        }

        var price = Price(route, spec, target, work);
        if (price is not null)
            work.Use(price);
        return new()
        {
            Name = target.Name,
            Provider = target.Provider,
            UpstreamModel = target.UpstreamModel,
            BaseUrl = target.BaseUrl?.TrimEnd('/'),
            Credential = credential,
            Priority = target.Priority,
            Weight = target.Weight,
            Timeouts = GatewayTranslation.Timeouts(target.Timeouts),
            Headers = target.Headers,
            Price = price?.Name,
            SupportsStreamUsage = target.StreamUsage == StreamUsage.Supported,
            Simulated = target.Simulated is { } simulated ? Simulated(simulated) : null,
        };
    }

    public static string UnpricedMessage(ModelRouteSpec spec, ModelTarget target) => UpstreamModel(spec, target) is { } model
        ? $"The price of `{model}` at {target.Provider} is not known. Set `pricing` on the target `{target.Name}`; an explicit zero is free."
        : $"The target `{target.Name}` takes whatever model it is asked for, so its price is not known. Set `pricing` on it; an explicit zero is free.";

    private static PriceConfig? Price(ModelRoute route, ModelRouteSpec spec, ModelTarget target, Workbook work)
    {
        if (target.Pricing is { } pricing)
            return Override(route, target, pricing);
        if (UpstreamModel(spec, target) is not { } model)
            return null;
        var host = target.BaseUrl is not null && Uri.TryCreate(target.BaseUrl, UriKind.Absolute, out var url) ? url.Host : null;
        return work.Inputs.Prices.Find(target.Provider, host, model, work.Inputs.Now)?.Price;
    }

    /// <summary>Null where callers choose it by a pattern.</summary>
    private static string? UpstreamModel(ModelRouteSpec spec, ModelTarget target)
    {
        var model = target.UpstreamModel ?? spec.Model;
        return model.Contains('*', StringComparison.Ordinal) ? null : model;
    }

    private static PriceConfig Override(ModelRoute route, ModelTarget target, PricingSpec pricing)
    {
        var rates = new RatesConfig
        {
            Input = Rate(pricing.Input),
            Output = Rate(pricing.Output),
            CacheRead = RateOrNull(pricing.CacheRead),
            CacheWrite5m = RateOrNull(pricing.CacheWrite5m),
            CacheWrite1h = RateOrNull(pricing.CacheWrite1h),
        };
        return new()
        {
            Name = $"{route.Id()}/{target.Name}",

            // The figures themselves: a ledger row tells what it was priced at even when the route is gone.
            Version = string.Create(
                CultureInfo.InvariantCulture,
                $"{rates.Input}/{rates.Output}/{rates.CacheRead}/{rates.CacheWrite5m}/{rates.CacheWrite1h} {pricing.Currency}"),
            Currency = pricing.Currency,
            Rates = rates,
        };
    }

    private static decimal Rate(string text) => decimal.Parse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture);

    private static decimal? RateOrNull(string? text) => text is null ? null : Rate(text);

    private static SimulatedConfig Simulated(SimulatedSpec spec) => new()
    {
        LatencyMilliseconds = spec.LatencyMilliseconds,
        ChunkMilliseconds = spec.ChunkMilliseconds,
        PromptTokens = spec.PromptTokens,
        CompletionTokens = spec.CompletionTokens,
        CachedTokens = spec.CachedTokens,
        Text = spec.Text,
        CallTools = spec.CallTools,
        FaultStatus = spec.FaultStatus,
        FaultRetryAfterSeconds = spec.FaultRetryAfterSeconds,
        FaultPercent = spec.FaultPercent,
        CutAfterChunks = spec.CutAfterChunks,
        ErrorAfterChunks = spec.ErrorAfterChunks,
    };
}
