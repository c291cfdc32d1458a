using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>
/// The settings of a gateway as a whole. What pods and Services are made of is not in them. Sets are sorted: their order says nothing, so
/// it must not change the hash.
/// </summary>
internal static class SettingsTranslation
{
    private const int MillisecondsPerSecond = 1000;

    public static SettingsConfig Translate(LlmGatewaySpec spec) => new()
    {
        Timeouts = Timeouts(spec.Defaults.Timeouts),
        Retry = Retry(spec.Defaults.Retry),
        AssumedOutputTokens = spec.Defaults.AssumedOutputTokens,
        MaxBodyBytes = spec.Defaults.MaxBodyBytes,
        UnpricedModels = spec.UnpricedModels,
        BudgetStoreFailureMode = spec.BudgetStoreFailureMode,
        AllowedModels = [.. spec.AllowedKeys.Models.Order(StringComparer.Ordinal)],
        AllowedUpstreamHosts = [.. spec.AllowedUpstreamHosts.Order(StringComparer.Ordinal)],
        DrainTimeoutSeconds = spec.DrainTimeoutSeconds,
    };

    public static TimeoutsConfig Timeouts(TimeoutsSpec spec) => new()
    {
        ConnectMilliseconds = spec.ConnectSeconds * MillisecondsPerSecond,
        FirstByteMilliseconds = spec.FirstByteSeconds * MillisecondsPerSecond,
        IdleMilliseconds = spec.IdleSeconds * MillisecondsPerSecond,
        TotalMilliseconds = spec.TotalSeconds * MillisecondsPerSecond,
    };

    public static RetryConfig Retry(RetrySpec spec) => new() { Attempts = spec.Attempts, On = [.. spec.On.Order()] };
}
