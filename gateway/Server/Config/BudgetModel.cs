using System.Collections.Immutable;
using System.Globalization;
using Gateway.Contract;
using Gateway.Server.Metering;

namespace Gateway.Server.Config;

/// <summary>A budget ready to be counted. Limits and amounts are in <see cref="Money.Nanos"/>, or in tokens.</summary>
internal sealed class BudgetModel
{
    public BudgetModel(BudgetConfig config)
    {
        Id = config.Object.Id();
        CountsTokens = config.Tokens is not null;
        Limit = config.Tokens ?? Money.FromDecimal(config.Cost ?? 0).Nanos;
        Currency = config.Currency;
        PerKey = config.Aggregation == BudgetAggregation.PerKey;
        Period = config.Period;
        TimeZone = TimeZoneInfo.FindSystemTimeZoneById(config.TimeZone);
        Blocks = config.Blocks();
        WarnAtPercent = config.WarnAtPercent;
        Models = ModelPatterns.Parse(config.Models);
        Keys = config.Keys is { } keys ? [.. keys] : null;
        CounterDefinition = string.Create(
            CultureInfo.InvariantCulture,
            $"{config.Period}|{config.TimeZone}|{(PerKey ? "PerKey" : "Shared")}|{(CountsTokens ? "tokens" : config.Currency)}");
    }

    /// <summary><c>namespace/name</c>.</summary>
    public string Id { get; }

    /// <summary>True: the limit is in tokens; false: in <see cref="Money.Nanos"/>.</summary>
    public bool CountsTokens { get; }

    public long Limit { get; }

    public string Currency { get; }

    public bool PerKey { get; }

    public BudgetPeriod Period { get; }

    public TimeZoneInfo TimeZone { get; }

    /// <summary>Reaching the limit refuses calls.</summary>
    public bool Blocks { get; }

    public ImmutableArray<int> WarnAtPercent { get; }

    /// <summary>Empty: every model.</summary>
    public ImmutableArray<ModelPattern> Models { get; }

    /// <summary>Ids of the selected keys; null: every key.</summary>
    public ImmutableHashSet<string>? Keys { get; }

    /// <summary>A counter made under another definition is not this budget's counter any more.</summary>
    public string CounterDefinition { get; }

    public bool Covers(string keyId) => Keys is null || Keys.Contains(keyId);

    public bool CoversModel(string model) => Models.IsEmpty || Models.MatchAny(model);
}
