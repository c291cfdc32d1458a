using Gateway.Contract;
using Operator.Api;
using Operator.Translate.Checks;

namespace Operator.Translate;

/// <summary>The LlmGateway itself: its settings.</summary>
internal static class GatewayTranslation
{
    /// <returns>Null when it is not valid and never was.</returns>
    public static LlmGateway? Choose(Workbook work)
    {
        var gateway = work.Inputs.Gateway;
        var carried = work.Choose(gateway, work.Inputs.LastValid.Gateway, FieldChecks.Of(gateway, work.Checks));
        work.LastValid = work.LastValid with { Gateway = carried };
        return carried;
    }

    public static SettingsConfig Settings(LlmGatewaySpec spec) => new()
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

    public static TimeoutsConfig Timeouts(TimeoutsSpec? spec) => new()
    {
        ConnectMilliseconds = spec?.ConnectSeconds * 1000,
        FirstByteMilliseconds = spec?.FirstByteSeconds * 1000,
        IdleMilliseconds = spec?.IdleSeconds * 1000,
        TotalMilliseconds = spec?.TotalSeconds * 1000,
    };

    public static RetryConfig Retry(RetrySpec spec) => new() { Attempts = spec.Attempts, On = [.. spec.On.Order()] };
}
