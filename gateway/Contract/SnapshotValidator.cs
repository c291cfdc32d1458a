using System.Buffers;
using System.Collections.Immutable;
using System.Globalization;
using System.Runtime.CompilerServices;

namespace Gateway.Contract;

/// <summary>
/// What a gateway demands of a snapshot. Pure; the operator asks it before it pushes, the gateway before it serves.
/// </summary>
public static class SnapshotValidator
{
    /// <summary>The largest cost limit, in units of the currency: counters are kept in 10⁻⁹ and must stay exact in a double.</summary>
    public const decimal MaxCost = 9_000_000m;

    /// <summary>The largest rate per million tokens, and the largest multiplier: no product of theirs overflows a decimal.</summary>
    public const decimal MaxRate = 1_000_000m;

    /// <summary>The most names in <see cref="TargetConfig.Prices"/>; a published price list has some two hundred.</summary>
    public const int MaxPricesPerTarget = 1_000;

    private static readonly SearchValues<char> s_lowerHex = SearchValues.Create("0123456789abcdef");

    /// <summary>Every problem; empty when the snapshot is good.</summary>
    public static ImmutableArray<ConfigError> Validate(ConfigSnapshot snapshot)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var findings = new Findings();
        CheckSettings(snapshot, findings);
        CheckPrices(snapshot, findings);
        CheckRoutes(snapshot, findings);
        CheckKeys(snapshot, findings);
        CheckBudgets(snapshot, findings);
        return findings.ToImmutable();
    }

    private static void CheckSettings(ConfigSnapshot snapshot, Findings findings)
    {
        var of = snapshot.Object;
        var settings = snapshot.Settings;
        findings.Require(snapshot.Gateway.Length > 0, of, "", "must carry the uid of its LlmGateway");
        findings.Require(snapshot.Revision > 0, of, "", "must carry a revision above 0");
        findings.Require(settings.AssumedOutputTokens > 0, of, "defaults.assumedOutputTokens", "must be above 0");
        findings.Require(settings.MaxBodyBytes > 0, of, "defaults.maxBodyBytes", "must be above 0");
        findings.Require(settings.DrainTimeoutSeconds >= 0, of, "drainTimeoutSeconds", "must not be negative");
        findings.Require(settings.Retry.Attempts >= 0, of, "defaults.retry.attempts", "must not be negative");
        CheckTimeouts(settings.Timeouts, of, "defaults.timeouts", findings);
        foreach (var pattern in settings.AllowedModels)
            findings.RequirePattern(pattern, of, "allowedKeys.models");
        foreach (var twice in snapshot.Credentials.GroupBy(c => c.Name, StringComparer.Ordinal).Where(g => g.Skip(1).Any()))
            findings.Require(false, of, "credentials", $"`{twice.Key}` stands twice");
    }

    private static void CheckPrices(ConfigSnapshot snapshot, Findings findings)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var price in snapshot.Prices)
        {
            findings.Require(names.Add(price.Name), snapshot.Object, "prices", $"`{price.Name}` stands twice");
            foreach (var rates in AllRates(price))
                findings.Require(
                    rates is >= 0 and <= MaxRate,
                    snapshot.Object,
                    "prices",
                    $"`{price.Name}` has a rate that is negative or above {MaxRate:N0}");
            findings.Require(
                price.MaxOutputTokens is not < 1, snapshot.Object, "prices", $"the most output tokens of `{price.Name}` must be above 0");
            findings.Require(Rise(price.Tiers), snapshot.Object, "prices", $"the tiers of `{price.Name}` must rise");
            foreach (var (name, tier) in price.ServiceTiers)
            {
                findings.Require(
                    tier.Multiplier is null != tier.Rates is null,
                    snapshot.Object,
                    "prices",
                    $"service tier `{name}` of `{price.Name}` must have either a multiplier or rates");
                findings.Require(
                    Rise(tier.Tiers ?? []), snapshot.Object, "prices", $"the tiers of service tier `{name}` of `{price.Name}` must rise");
                findings.Require(
                    tier.Rates is null ? tier.Tiers is null : price.Tiers.IsEmpty || tier.Tiers is { IsEmpty: false },
                    snapshot.Object,
                    "prices",
                    $"service tier `{name}` of `{price.Name}` must have tiers where it has rates and the price has tiers, and only there");
            }
        }
    }

    private static bool Rise(ImmutableArray<PriceTierConfig> tiers)
    {
        var last = 0;
        foreach (var tier in tiers)
        {
            if (tier.AboveInputTokens <= last)
                return false;
            last = tier.AboveInputTokens;
        }

        return true;
    }

    private static IEnumerable<decimal> AllRates(PriceConfig price)
    {
        var all = price.Tiers.Concat(price.ServiceTiers.Values.SelectMany(t => t.Tiers ?? [])).Select(t => t.Rates)
            .Concat(price.ServiceTiers.Values.Select(t => t.Rates).OfType<RatesConfig>())
            .Prepend(price.Rates);
        foreach (var r in all)
        {
            yield return r.Input;
            yield return r.Output;
            yield return r.CacheRead ?? 0;
            yield return r.CacheWrite5m ?? 0;
            yield return r.CacheWrite1h ?? 0;
            yield return r.AudioInput ?? 0;
            yield return r.AudioOutput ?? 0;
        }

        foreach (var tier in price.ServiceTiers.Values)
            yield return tier.Multiplier ?? 0;
        yield return price.ToolFees?.WebSearch ?? 0;
        yield return price.ToolFees?.FileSearch ?? 0;
    }

    private static void CheckRoutes(ConfigSnapshot snapshot, Findings findings)
    {
        var credentials = snapshot.Credentials.Select(c => c.Name).ToHashSet(StringComparer.Ordinal);
        var prices = snapshot.Prices.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        var names = new HashSet<string>(StringComparer.Ordinal);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var route in snapshot.Routes)
        {
            findings.Require(ids.Add(route.Object.Id()), route.Object, "metadata.name", "stands twice");
            foreach (var (name, field) in route.Aliases.Select((a, i) => (a, $"aliases[{i}]")).Prepend((route.Model, "model")))
            {
                findings.RequirePattern(name, route.Object, field);
                findings.Require(names.Add(name), route.Object, field, $"the name `{name}` is taken by another route");
            }

            findings.Require(route.Targets.Length > 0, route.Object, "targets", "must not be empty");
            findings.Require(route.Retry is not { Attempts: < 0 }, route.Object, "retry.attempts", "must not be negative");
            for (var i = 0; i < route.Targets.Length; i++)
                CheckTarget(route, i, credentials, prices, findings);
        }
    }

    private static void CheckTarget(RouteConfig route, int index, HashSet<string> credentials, HashSet<string> prices, Findings findings)
    {
        var target = route.Targets[index];
        var field = string.Create(CultureInfo.InvariantCulture, $"targets[{index}]");
        findings.Require(
            route.Targets.Take(index).All(t => t.Name != target.Name), route.Object, field + ".name", $"`{target.Name}` stands twice");
        findings.Require(target.Weight >= 0, route.Object, field + ".weight", "must not be negative");
        findings.Require(
            target.Credential is null || credentials.Contains(target.Credential),
            route.Object,
            field + ".credentials",
            "names a credential that is not in the snapshot");
        findings.Require(
            target.PriceNames().All(prices.Contains), route.Object, field + ".pricing", "names a price that is not in the snapshot");
        findings.Require(
            target.Prices is not { Count: > MaxPricesPerTarget },
            route.Object,
            field + ".pricing",
            $"must not name more than {MaxPricesPerTarget} prices");
        findings.Require(
            target.Provider != Provider.OpenAICompatible || target.BaseUrl is not null,
            route.Object,
            field + ".baseURL",
            "is required with provider OpenAICompatible");
        findings.Require(
            target.BaseUrl is null || IsHttpUrl(target.BaseUrl),
            route.Object,
            field + ".baseURL",
            "must be an absolute http or https URL without user, query or fragment");
        findings.Require(
            target.Simulated is null || target.Provider == Provider.Simulated,
            route.Object,
            field + ".simulated",
            "may only be set with provider Simulated");
        CheckTimeouts(target.Timeouts, route.Object, field + ".timeouts", findings);
        if (target.Simulated is { } simulated)
            CheckSimulated(simulated, route.Object, field + ".simulated", findings);
    }

    private static void CheckSimulated(SimulatedConfig simulated, ObjectReference of, string field, Findings findings)
    {
        var least = new[]
        {
            simulated.LatencyMilliseconds, simulated.ChunkMilliseconds, simulated.PromptTokens ?? 0, simulated.CompletionTokens,
            simulated.CachedTokens, simulated.FaultRetryAfterSeconds ?? 0, simulated.CutAfterChunks ?? 0, simulated.ErrorAfterChunks ?? 0,
        }.Min();
        findings.Require(least >= 0, of, field, "must hold no negative number");
        findings.Require(simulated.FaultStatus is null or (>= 400 and <= 599), of, field + ".faultStatus", "must be from 400 to 599");
        findings.Require(simulated.FaultPercent is >= 0 and <= 100, of, field + ".faultPercent", "must be from 0 to 100");
    }

    private static bool IsHttpUrl(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var uri)
        && uri.Scheme is "http" or "https"
        && uri.UserInfo.Length == 0 && uri.Query.Length == 0 && uri.Fragment.Length == 0 && uri.Host.Length > 0;

    private static void CheckTimeouts(TimeoutsConfig timeouts, ObjectReference of, string field, Findings findings)
    {
        findings.Require(
            (timeouts.ConnectMilliseconds ?? 1) > 0 && (timeouts.FirstByteMilliseconds ?? 1) > 0
            && (timeouts.IdleMilliseconds ?? 1) > 0 && (timeouts.TotalMilliseconds ?? 1) > 0,
            of,
            field,
            "must be above 0");
    }

    private static void CheckKeys(ConfigSnapshot snapshot, Findings findings)
    {
        var ids = new HashSet<string>(snapshot.Keys.Length, StringComparer.Ordinal);
        var hashes = new HashSet<string>(snapshot.Keys.Length, StringComparer.Ordinal);
        foreach (var key in snapshot.Keys)
        {
            findings.Require(ids.Add(key.Object.Id()), key.Object, "metadata.name", "stands twice");
            foreach (var hash in key.Hashes)
            {
                findings.Require(
                    hash.Sha256.Length == 64 && !hash.Sha256.AsSpan().ContainsAnyExcept(s_lowerHex),
                    key.Object,
                    "secret",
                    "is no SHA-256 in lower-case hex");
                findings.Require(hashes.Add(hash.Sha256), key.Object, "secret", "holds the same key as another VirtualKey");
            }

            foreach (var pattern in key.Models)
                findings.RequirePattern(pattern, key.Object, "models");
            findings.Require(
                (key.Limits.RequestsPerMinute ?? 0) >= 0 && (key.Limits.TokensPerMinute ?? 0) >= 0
                    && (key.Limits.MaxParallelRequests ?? 0) >= 0,
                key.Object,
                "limits",
                "must not be negative");
        }
    }

    private static void CheckBudgets(ConfigSnapshot snapshot, Findings findings)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (var budget in snapshot.Budgets)
        {
            var of = budget.Object;
            findings.Require(ids.Add(of.Id()), of, "metadata.name", "stands twice");
            findings.Require(budget.Cost is null != budget.Tokens is null, of, "limit", "must have exactly one of `cost` and `tokens`");
            findings.Require(
                budget.Cost is not { } cost || (cost is >= 0 and <= MaxCost && cost == decimal.Round(cost, 9)),
                of,
                "limit.cost.amount",
                "must be from 0 to 9000000 with at most nine decimals");
            findings.Require(budget.Tokens is not < 0, of, "limit.tokens", "must not be negative");
            findings.Require(
                TimeZoneInfo.TryFindSystemTimeZoneById(budget.TimeZone, out _), of, "timeZone", $"`{budget.TimeZone}` is not known");
            foreach (var pattern in budget.Models)
                findings.RequirePattern(pattern, of, "models");
        }
    }

    private sealed class Findings
    {
        private readonly ImmutableArray<ConfigError>.Builder _errors = ImmutableArray.CreateBuilder<ConfigError>();

        public void Require(bool condition, ObjectReference of, string field, string message)
        {
            if (condition)
                return;
            _errors.Add(new() { Kind = of.Kind, Namespace = of.Namespace, Name = of.Name, Field = field, Message = message });
        }

        public void Require(
            bool condition,
            ObjectReference of,
            string field,
            [InterpolatedStringHandlerArgument(nameof(condition))] ref MessageUnless message)
        {
            if (!condition)
                Require(false, of, field, message.ToStringAndClear());
        }

        public void RequirePattern(string pattern, ObjectReference of, string field) =>
            Require(
                ModelPattern.TryParse(pattern, out _), of, field, $"`{pattern}` must be a name with at most one `*`, at its start or end");

        public ImmutableArray<ConfigError> ToImmutable() => _errors.ToImmutable();
    }

    /// <summary>A message that is only put together where the condition does not hold: a snapshot has tens of thousands of them.</summary>
    [InterpolatedStringHandler]
    private ref struct MessageUnless
    {
        private DefaultInterpolatedStringHandler _text;

        public MessageUnless(int literalLength, int formattedCount, bool condition, out bool isNeeded)
        {
            isNeeded = !condition;
            _text = isNeeded ? new(literalLength, formattedCount) : default;
        }

        public void AppendLiteral(string text) => _text.AppendLiteral(text);

        public void AppendFormatted<T>(T value, string? format = null) => _text.AppendFormatted(value, format);

        public string ToStringAndClear() => _text.ToStringAndClear();
    }
}
