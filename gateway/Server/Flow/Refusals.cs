using System.Collections.Immutable;
using System.Globalization;
using Gateway.Server.Budget;
using Gateway.Server.Config;
using Gateway.Server.Errors;
using Gateway.Server.Metering;

namespace Gateway.Server.Flow;

/// <summary>What a caller is told when the store does not admit a call. Pure.</summary>
internal static class Refusals
{
    /// <summary>OpenAI's and Anthropic's SDKs do not try again then, whatever the status.</summary>
    private static readonly ImmutableArray<KeyValuePair<string, string>> s_noRetry = [new("x-should-retry", "false")];

    public static GatewayError Explain(ReserveRefusal refusal, KeyModel caller, Dialect dialect, DateTimeOffset now) => refusal switch
    {
        ReserveRefusal.RateLimited limited => RateLimited(limited, caller, dialect, now),
        ReserveRefusal.BudgetExceeded exceeded => BudgetExceeded(exceeded, now),
        ReserveRefusal.BudgetReserved reserved => new(
            ErrorKind.BudgetReserved,
            $"The budget {reserved.Budget.Id} of {Limit(reserved.Budget)} is taken up by calls that are still running: "
                + $"{Amount(reserved.Budget, reserved.Settled)} used, {Amount(reserved.Budget, reserved.Reserved)} held. "
                + "Try again in a moment.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        },
        ReserveRefusal.StoreUnavailable => new(
            ErrorKind.BudgetStoreUnavailable,
            "Budgets cannot be counted at the moment, and this gateway serves no call that it cannot count.")
        {
            RetryAfter = TimeSpan.FromSeconds(1),
        },
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, "is not explained"),
    };

    private static GatewayError RateLimited(ReserveRefusal.RateLimited limited, KeyModel caller, Dialect dialect, DateTimeOffset now)
    {
        var state = limited.State;
        var isParallel = string.Equals(limited.LimitType, "concurrent_requests", StringComparison.Ordinal);
        var what = isParallel ? "parallel requests" : $"{limited.LimitType} per minute";
        var advice = limited switch
        {
            { CanEverFit: true } => isParallel ? "" : $" It resets at {state.ResetTime:u}.",
            { LimitType: "tokens" } => $" This call alone may need {Number(limited.Requested)}: lower its limit on output tokens.",
            _ => " It allows none.",
        };
        return new(ErrorKind.RateLimited, $"The key {caller.KeyId} has reached its limit of {Number(state.Limit)} {what}.{advice}")
        {
            RetryAfter = isParallel ? TimeSpan.FromSeconds(1) : limited.CanEverFit ? state.ResetTime - now : null,
            Headers =
            [
                new("rate_limit_type", limited.LimitType),
                .. limited.CanEverFit ? [] : s_noRetry,
                .. isParallel ? [] : AnswerHeaders.Limit(dialect, limited.LimitType, state, now),
            ],
        };
    }

    /// <summary>OpenAI's SDKs would sleep until the reset if they were told to retry after it; Anthropic's give up by themselves.</summary>
    private static GatewayError BudgetExceeded(ReserveRefusal.BudgetExceeded exceeded, DateTimeOffset now)
    {
        var budget = exceeded.Budget;
        var state = exceeded.IsSpent
            ? $"The budget {budget.Id} of {Limit(budget)} is spent: {Amount(budget, exceeded.Settled)} used."
            : $"The budget {budget.Id} of {Limit(budget)} has {Amount(budget, budget.Limit - exceeded.Settled)} left, "
                + "and this call may need "
                + $"{Amount(budget, exceeded.Requested)}: lower its limit on output tokens.";
        var reset = exceeded.ResetTime is { } time ? $" It resets at {time:u}." : " It does not reset.";
        return new(ErrorKind.BudgetExceeded, state + reset)
        {
            RetryAfter = exceeded.ResetTime - now,
            Headers =
            [
                .. s_noRetry,
                .. exceeded.ResetTime is { } at
                    ? [new("x-gateway-budget-reset", at.ToString("O", CultureInfo.InvariantCulture))]
                    : Array.Empty<KeyValuePair<string, string>>(),
            ],
        };
    }

    private static string Limit(BudgetModel budget) => Amount(budget, budget.Limit);

    private static string Amount(BudgetModel budget, long amount) =>
        budget.CountsTokens ? Number(amount) + " tokens" : $"{new Money(amount)} {budget.Currency}";

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
