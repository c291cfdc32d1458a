using Operator.Api;

namespace Operator.Status;

/// <summary>
/// When a status is to be written: null: never, it says what the API server has; not later than now: now; later: not before, look again
/// then. Each object comes as the API server has it and as it shall be.
/// </summary>
internal static class StatusWrites
{
    /// <summary>Spend alone is written so often at most.</summary>
    public static readonly TimeSpan SpendInterval = TimeSpan.FromMinutes(1);

    /// <summary>The time of the last acknowledgement is no difference alone: pods acknowledge the same config again and again.</summary>
    public static DateTimeOffset? Due(LlmGateway before, LlmGateway after, DateTimeOffset now) =>
        StatusEquality.Same(WithoutAckTime(before.Status), WithoutAckTime(after.Status)) ? null : now;

    /// <inheritdoc cref="Due(LlmGateway, LlmGateway, DateTimeOffset)"/>
    public static DateTimeOffset? Due(ModelRoute before, ModelRoute after, DateTimeOffset now) =>
        StatusEquality.Same(before.Status, after.Status) ? null : now;

    /// <inheritdoc cref="Due(LlmGateway, LlmGateway, DateTimeOffset)"/>
    public static DateTimeOffset? Due(VirtualKey before, VirtualKey after, DateTimeOffset now) =>
        StatusEquality.Same(before.Status, after.Status) ? null : now;

    /// <summary>
    /// Spend waits until the interval has passed since the status was written last, unless it has crossed 100 percent or one of those that
    /// the Budget warns at. The time of the observation is no difference alone.
    /// </summary>
    public static DateTimeOffset? Due(Budget before, Budget after, DateTimeOffset now)
    {
        if (StatusEquality.Same(WithoutObservedTime(before.Status), WithoutObservedTime(after.Status)))
            return null;
        var isSpendAlone = StatusEquality.Same(WithoutSpend(before.Status), WithoutSpend(after.Status));
        if (!isSpendAlone || HasCrossed(before.Status, after) || before.Status?.UsageObservedTime is not { } written)
            return now;

        // A time to come was set by a clock that goes wrong; nobody waits for it.
        return written > now ? now : written + SpendInterval;
    }

    private static bool HasCrossed(BudgetStatus? before, Budget after)
    {
        var (was, @is) = (before?.UsedPercent ?? 0, after.Status?.UsedPercent ?? 0);
        return after.Spec.WarnAtPercent.Append(100).Any(threshold => was >= threshold != (@is >= threshold));
    }

    private static LlmGatewayStatus? WithoutAckTime(LlmGatewayStatus? status) =>
        status?.Config is { } config ? status with { Config = config with { LastAckTime = null } } : status;

    private static BudgetStatus? WithoutObservedTime(BudgetStatus? status) =>
        status is null ? null : status with { UsageObservedTime = null };

    private static BudgetStatus? WithoutSpend(BudgetStatus? status) => status is null
        ? null
        : status with { Spent = null, Remaining = null, UsedPercent = null, UsageObservedTime = null };
}
