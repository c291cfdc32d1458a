using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>
/// What takes effect although the version that says it is not valid: block, expiry, fewer models and lower limits. Only ever narrower than
/// the last valid version.
/// </summary>
internal static class Restrictions
{
    /// <summary>The ceiling of models.</summary>
    public static LlmGateway OfGateway(LlmGateway current, LlmGateway lastValid)
    {
        var models = Narrowed(current.Spec.AllowedKeys.Models, lastValid.Spec.AllowedKeys.Models);
        return lastValid with { Spec = lastValid.Spec with { AllowedKeys = lastValid.Spec.AllowedKeys with { Models = models } } };
    }

    /// <summary>A route restricts nobody.</summary>
    public static ModelRoute OfRoute(ModelRoute current, ModelRoute lastValid) => lastValid;

    /// <summary>Block, expiry, models and limits.</summary>
    public static VirtualKey OfKey(VirtualKey current, VirtualKey lastValid)
    {
        var (now, before) = (current.Spec, lastValid.Spec);
        return lastValid with
        {
            Spec = before with
            {
                State = now.State == KeyState.Blocked ? KeyState.Blocked : before.State,
                ExpirationTime = Min(now.ExpirationTime, before.ExpirationTime),
                Models = Narrowed(now.Models, before.Models),
                Limits = new()
                {
                    RequestsPerMinute = Min(now.Limits?.RequestsPerMinute, before.Limits?.RequestsPerMinute),
                    TokensPerMinute = Min(now.Limits?.TokensPerMinute, before.Limits?.TokensPerMinute),
                    MaxParallelRequests = Min(now.Limits?.MaxParallelRequests, before.Limits?.MaxParallelRequests),
                },
            },
        };
    }

    /// <summary>The limit, where both versions count in the same unit.</summary>
    public static Budget OfBudget(Budget current, Budget lastValid)
    {
        var (now, before) = (current.Spec.Limit, lastValid.Spec.Limit);
        var limit = before;
        if (now.Tokens is >= 0 && now.Cost is null && before.Tokens is not null)
            limit = before with { Tokens = Min(now.Tokens, before.Tokens) };
        else if (now.Tokens is null && now.Cost is { } cost && before.Cost is { } costBefore && cost.Currency == costBefore.Currency
            && Decimals.Read(cost.Amount) < Decimals.Read(costBefore.Amount))
            limit = before with { Cost = cost };
        return lastValid with { Spec = lastValid.Spec with { Limit = limit } };
    }

    /// <summary>What both lists of patterns allow.</summary>
    private static ImmutableArray<string> Narrowed(ImmutableArray<string> now, ImmutableArray<string> before) =>
    [
        .. before.Where(b => now.Any(n => ModelCover.Covers(n, b)))
            .Concat(now.Where(n => before.Any(b => ModelCover.Covers(b, n))))
            .Distinct(StringComparer.Ordinal),
    ];

    private static T? Min<T>(T? a, T? b)
        where T : struct, IComparable<T>
    {
        if (a is null || b is null)
            return a ?? b;
        return a.Value.CompareTo(b.Value) <= 0 ? a : b;
    }
}
