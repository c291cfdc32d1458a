using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Config;
using Gateway.Server.Errors;
using Gateway.Server.Metering;
using Gateway.Server.Providers;

namespace Gateway.Server.Flow;

/// <summary>
/// Who may answer a call, in order: the targets of the model asked for, then those of its fallbacks, as far as the key may use them, an
/// API can be spoken to them and their price allows it. Pure.
/// </summary>
internal sealed record CallPlan
{
    /// <summary>A chain of fallbacks ends here, so that a mistake in config costs no more than this.</summary>
    private const int MostGroups = 6;

    /// <summary>Empty with an <see cref="Error"/>; the first is what the caller asked for, unless none of its targets will do.</summary>
    public required ImmutableArray<CandidateGroup> Groups { get; init; }

    /// <summary>
    /// Budgets of the key that cover one of the models; of those in money the ones in a currency that it is priced in, since no other can
    /// count the call.
    /// </summary>
    public required ImmutableArray<BudgetModel> Budgets { get; init; }

    /// <summary>
    /// What the call is reserved in: the currency of the first candidate that a budget can count, else of the first that has a price. A
    /// fallback in another is charged when it has answered. Null: no candidate has a price.
    /// </summary>
    public string? Currency { get; init; }

    /// <summary>See <see cref="GatewayModel.HasOneCurrency"/>.</summary>
    public bool HasOneCurrency { get; init; }

    public GatewayError? Error { get; init; }

    /// <summary>The route that was asked for, when there is one.</summary>
    public RouteModel? Route { get; init; }

    /// <param name="gateway">The config.</param>
    /// <param name="caller">Whose call it is.</param>
    /// <param name="operation">What is asked.</param>
    /// <param name="name">Of which model.</param>
    /// <param name="order">The planner, with the state of targets bound to it.</param>
    public static CallPlan Make(
        GatewayModel gateway, KeyModel caller, Operation operation, string name, Func<RouteModel, ImmutableArray<TargetModel>> order)
    {
        if (gateway.FindRoute(name) is not { } route)
        {
            var message = $"The model `{name}` does not exist. `GET /v1/models` lists what your key may use.";
            return Refused(new(ErrorKind.ModelNotFound, message) { Param = "model" });
        }

        if (!caller.MayUse(name, route))
            return Refused(
                new(ErrorKind.KeyModelAccessDenied, $"The key {caller.KeyId} may not use the model `{name}`.") { Param = "model" }, route);

        var isCharged = operation != Operation.CountTokens;
        var groups = ImmutableArray.CreateBuilder<CandidateGroup>();
        var refusals = new List<GatewayError>();
        foreach (var (model, next) in Chain(gateway, caller, name, route))
        {
            var group = new CandidateGroup { Route = next, Model = model, Candidates = [] };
            var budgets = isCharged ? Covering(caller.Budgets, group.LedgerModel) : [];
            var candidates = ImmutableArray.CreateBuilder<Candidate>();
            foreach (var target in order(next))
            {
                var price = target.PriceFor(model);
                if (ProviderMatrix.Find(operation, target.Provider) is not { } dialect)
                    refusals.Add(new(
                        ErrorKind.UnsupportedDialect,
                        $"The model `{model}` is served by {target.Provider}, which this endpoint cannot reach yet; "
                            + $"it answers `{(target.Provider == Provider.Anthropic ? "/v1/messages" : "/v1/chat/completions")}`."));
                else if (isCharged && UnpricedUnder(price, budgets, gateway.Settings) is { } budget)
                    refusals.Add(new(
                        ErrorKind.ModelNotPriced,
                        $"The model `{model}` has no price in {budget.Currency}, and the budget {budget.Id} counts what it costs. "
                            + "Set `pricing` on its ModelRoute."));
                else
                    candidates.Add(new(target, dialect, price));
            }

            if (candidates.Count > 0)
                groups.Add(group with { Candidates = candidates.ToImmutable() });
        }

        if (groups.Count == 0)
            return Refused(refusals[0], route);
        var plan = groups.ToImmutable();
        var counting = isCharged ? CoveringAny(caller.Budgets, plan) : [];
        return new()
        {
            Groups = plan,
            Budgets = counting,
            Currency = CurrencyOf(plan, counting),
            HasOneCurrency = gateway.HasOneCurrency,
            Route = route,
        };
    }

    private static IEnumerable<(string Model, RouteModel Route)> Chain(GatewayModel gateway, KeyModel caller, string name, RouteModel route)
    {
        yield return (name, route);
        if (route.Fallbacks.IsEmpty)
            yield break;
        var seen = new List<RouteModel> { route };
        foreach (var fallback in route.Fallbacks)
        {
            if (seen.Count < MostGroups && gateway.FindRoute(fallback) is { } next && !seen.Contains(next) && caller.MayUse(fallback, next))
            {
                seen.Add(next);
                yield return (fallback, next);
            }
        }
    }

    /// <summary>The budget that could not count the call; null where all can, or none needs to.</summary>
    private static BudgetModel? UnpricedUnder(PriceModel? price, ImmutableArray<BudgetModel> budgets, SettingsConfig settings)
    {
        if (settings.UnpricedModels == UnpricedModels.Allow)
            return null;
        foreach (var budget in budgets)
        {
            if (budget.Blocks && !budget.CountsTokens && !IsIn(budget, price))
                return budget;
        }

        return null;
    }

    private static ImmutableArray<BudgetModel> Covering(ImmutableArray<BudgetModel> budgets, string model)
    {
        foreach (var budget in budgets)
        {
            if (!budget.CoversModel(model))
                return [.. budgets.Where(b => b.CoversModel(model))];
        }

        return budgets;
    }

    private static ImmutableArray<BudgetModel> CoveringAny(ImmutableArray<BudgetModel> budgets, ImmutableArray<CandidateGroup> groups)
    {
        foreach (var budget in budgets)
        {
            if (!IsCounted(budget, groups))
                return [.. budgets.Where(b => IsCounted(b, groups))];
        }

        return budgets;
    }

    private static bool IsCounted(BudgetModel budget, ImmutableArray<CandidateGroup> groups)
    {
        var isPriced = false;
        var isCovered = false;
        foreach (var group in groups)
        {
            if (!budget.CoversModel(group.LedgerModel))
                continue;
            isCovered = true;
            foreach (var candidate in group.Candidates)
            {
                if (candidate.Price is null)
                    continue;
                isPriced = true;
                if (IsIn(budget, candidate.Price))
                    return true;
            }
        }

        return isCovered && (budget.CountsTokens || !isPriced);
    }

    private static string? CurrencyOf(ImmutableArray<CandidateGroup> groups, ImmutableArray<BudgetModel> budgets)
    {
        string? first = null;
        foreach (var group in groups)
        {
            foreach (var candidate in group.Candidates)
            {
                if (candidate.Price is not { } price)
                    continue;
                first ??= price.Currency;
                foreach (var budget in budgets)
                {
                    if (!budget.CountsTokens && IsIn(budget, price))
                        return price.Currency;
                }
            }
        }

        return first;
    }

    private static bool IsIn(BudgetModel budget, PriceModel? price) =>
        string.Equals(price?.Currency, budget.Currency, StringComparison.Ordinal);

    private static CallPlan Refused(GatewayError error, RouteModel? route = null) =>
        new() { Groups = [], Budgets = [], Error = error, Route = route };
}
