using System.Collections.Immutable;
using System.Globalization;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>Targets of ModelRoutes: their credentials, hosts and prices. A target that cannot be used is left out.</summary>
internal sealed class TargetTranslation(LlmGatewaySpec gateway, SecretLookup secrets, PriceBook prices, FindingLog log)
{
    private readonly SortedDictionary<string, CredentialConfig> _credentials = new(StringComparer.Ordinal);

    /// <summary>Credentials of the targets so far, by name.</summary>
    public ImmutableArray<CredentialConfig> Credentials => [.. _credentials.Values];

    private string Unpriced => gateway.UnpricedModels == UnpricedModels.Allow ? "served and not counted" : "refused";

    /// <summary>The usable targets, in the order of the spec.</summary>
    public ImmutableArray<TargetConfig> Translate(ModelRoute route)
    {
        var usable = ImmutableArray.CreateBuilder<TargetConfig>();
        for (var i = 0; i < route.Spec.Targets.Length; i++)
        {
            var target = route.Spec.Targets[i];
            var field = string.Create(CultureInfo.InvariantCulture, $"spec.targets[{i}]");
            var isAllowed = IsHostAllowed(route, target, field);
            if (TryFindCredential(route, target, field, isAllowed, out var credential))
                usable.Add(Translate(route, target, field, credential));
        }

        return usable.ToImmutable();
    }

    private TargetConfig Translate(ModelRoute route, ModelTarget target, string field, string? credential)
    {
        var isPattern = route.Spec.Model.Contains('*', StringComparison.Ordinal);
        var upstreamModel = target.UpstreamModel ?? (isPattern ? null : route.Spec.Model);
        var isNamedByCaller = isPattern && upstreamModel?.Contains('*', StringComparison.Ordinal) != false;
        var price = prices.NameFor(route, target, isNamedByCaller ? null : upstreamModel);
        var byModel = isNamedByCaller && price is null ? prices.NamesFor(target, NamesFromCaller(route, upstreamModel)) : null;
        if (byModel is not null)
        {
            log.Warn(
                route,
                ConditionTypes.Priced,
                ConditionReasons.PricedByModel,
                field + ".pricing",
                $"calls cost what the model that they name costs ({byModel.Count} are listed); "
                + $"any other has no price, and is {Unpriced} under a cost budget");
        }
        else if (price is null)
        {
            var model = isNamedByCaller ? "whatever the caller names" : $"`{upstreamModel}` of {target.Provider}";
            log.Add(
                route.Reference(),
                ConditionTypes.Priced,
                ConditionStatus.False,
                ConditionReasons.PriceUnknown,
                field + ".pricing",
                $"the price of {model} is not known; set `pricing`, or calls are {Unpriced} under a cost budget",
                Severity.Warning);
        }

        return new()
        {
            Name = target.Name,
            Provider = target.Provider,
            UpstreamModel = upstreamModel,
            BaseUrl = target.BaseUrl?.TrimEnd('/'),
            Credential = credential,
            Priority = target.Priority,
            Weight = target.Weight,
            Timeouts = target.Timeouts is { } timeouts ? SettingsTranslation.Timeouts(timeouts) : new(),
            Headers = target.Headers,
            Price = price,
            Prices = byModel,
            SupportsStreamUsage = target.StreamUsage == StreamUsage.Supported,
            Simulated = target.Simulated is { } simulated ? Simulated(simulated) : null,
        };
    }

    /// <summary>What the upstream's name of a model may be, when the route's <c>*</c> goes into it.</summary>
    private static ImmutableArray<ModelPattern> NamesFromCaller(ModelRoute route, string? upstreamModel)
    {
        var names = upstreamModel is null ? route.Spec.Aliases.Add(route.Spec.Model) : [upstreamModel];
        return [.. names.Select(n => ModelPattern.TryParse(n, out var pattern) ? pattern : (ModelPattern?)null).OfType<ModelPattern>()];
    }

    /// <summary>
    /// False where the target cannot be used. A host that is not allowed gets no credential, but its problems are told all the same.
    /// </summary>
    private bool TryFindCredential(ModelRoute route, ModelTarget target, string field, bool isAllowed, out string? name)
    {
        name = null;
        if (target.Credentials is not { SecretRef: var reference })
            return isAllowed;
        var (value, problem) = secrets.Find(route.Metadata.Namespace, reference);
        if (problem is not null)
        {
            var member = $"{field}.credentials.secretRef.{problem.Member}";
            var message = $"{problem.Message}; the target `{target.Name}` is left out";
            log.Fail(route, ConditionTypes.ResolvedRefs, problem.Reason, member, message);
            return false;
        }

        name = $"{route.Metadata.Namespace}/{reference.Name}/{reference.Key}";
        if (isAllowed)
            _credentials[name] = new() { Name = name, Value = value! };
        return isAllowed;
    }

    private bool IsHostAllowed(ModelRoute route, ModelTarget target, string field)
    {
        if (gateway.AllowedUpstreamHosts.IsEmpty || target.Provider == Provider.Simulated)
            return true;
        var host = target.BaseUrl is { } url ? UpstreamHost.Of(url) : HostOf(target.Provider);
        if (host is not null && UpstreamHost.IsAllowed(host, gateway.AllowedUpstreamHosts))
            return true;
        log.Fail(
            route,
            ConditionTypes.ResolvedRefs,
            ConditionReasons.UpstreamNotAllowed,
            field + ".baseURL",
            $"the gateway's `allowedUpstreamHosts` does not name the host `{host}`; the target `{target.Name}` is left out");
        return false;
    }

    private static string? HostOf(Provider provider) => provider switch
    {
        Provider.OpenAI => "api.openai.com",
        Provider.Anthropic => "api.anthropic.com",
        _ => null,
    };

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
