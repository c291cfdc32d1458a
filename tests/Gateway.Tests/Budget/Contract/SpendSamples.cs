using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Metering;

namespace Gateway.Tests.Budget.Contract;

/// <summary>Budgets and calls to test with.</summary>
internal static class SpendSamples
{
    public const string Key = "team/key";

    public const string OtherKey = "team/other";

    public static BudgetModel NewBudget(
        string name = "team",
        decimal? cost = null,
        long? tokens = null,
        BudgetPeriod period = BudgetPeriod.Total,
        string zone = "UTC",
        bool perKey = false,
        BudgetAction action = BudgetAction.Block,
        BudgetEnforcement enforcement = BudgetEnforcement.Enforce,
        params ImmutableArray<string> models) => new(new()
        {
            Object = new() { Kind = "Budget", Namespace = "ns", Name = name },
            Cost = cost ?? (tokens is null ? 1m : null),
            Tokens = tokens,
            Period = period,
            TimeZone = zone,
            Aggregation = perKey ? BudgetAggregation.PerKey : BudgetAggregation.Shared,
            Action = action,
            Enforcement = enforcement,
            Models = models,
        });

    /// <summary>A call of 100 tokens, 20 of them the prompt's, whose prompt is a quarter of its cost.</summary>
    public static ReserveRequest Request(decimal cost, params ImmutableArray<BudgetModel> budgets) => new()
    {
        CallId = Guid.CreateVersion7().ToString("N"),
        KeyId = Key,
        Limits = new(),
        Budgets = budgets,
        Cost = Money.FromDecimal(cost),
        Tokens = 100,
        PromptCost = Money.FromDecimal(cost / 4),
        PromptTokens = 20,
        Facts = new() { Model = "gpt", Route = "ns/gpt", Stream = false },
    };

    public static ReserveRequest Limited(LimitsConfig limits) => Request(0m) with { Limits = limits };

    public static Settlement Settlement(decimal cost, long tokens = 50, string? model = "gpt") => new()
    {
        Status = CallStatus.Completed,
        Cost = Money.FromDecimal(cost),
        Usage = new() { InputUncached = tokens },
        ServedModel = model,
    };

    public static RefusedCall Refused(CallFacts facts, string error = "budget_exceeded") => new()
    {
        CallId = Guid.CreateVersion7().ToString("N"),
        KeyId = Key,
        Facts = facts,
        Settlement = new() { Status = CallStatus.Refused, Cost = Money.Zero, Usage = new(), HttpStatus = 429, Error = error },
    };
}
