using System.Collections.Immutable;

namespace Gateway.Server.Budget.Embedded;

/// <summary>Makes the rows of a call. What it charged before is taken off, so that all its rows add up to what it cost.</summary>
internal static class LedgerEntry
{
    /// <summary>What the call did cost: its first row, or the correction of the one that gave it up.</summary>
    public static LedgerRow Settled(EmbeddedReservation call, Settlement settlement, DateTimeOffset now)
    {
        var kind = call.State == ReservationState.Abandoned ? RowKind.Correction : RowKind.Settled;
        return Row(call, kind, settlement.Cost.Nanos, settlement.Usage.Total, settlement, now) with { Settlement = settlement };
    }

    /// <summary>What the call had accrued when it was lost sight of.</summary>
    public static LedgerRow Abandoned(EmbeddedReservation call, DateTimeOffset now) =>
        Row(call, RowKind.Abandoned, call.AbandonedCost, call.AbandonedTokens, null, now);

    private static LedgerRow Row(
        EmbeddedReservation call, RowKind kind, long cost, long tokens, Settlement? settlement, DateTimeOffset now)
    {
        var row = new LedgerRow
        {
            Kind = kind,
            Number = call.Number,
            CallId = call.CallId,
            StartedAt = call.StartedAt,
            EndedAt = now,
            Key = call.Key.Id,
            Facts = call.Facts,
            CostNanos = cost - call.ChargedCost,
            Tokens = tokens - call.ChargedTokens,
            Charges = Charges(call, cost, tokens, settlement),
        };
        call.ChargedCost = cost;
        call.ChargedTokens = tokens;
        return row;
    }

    /// <summary>
    /// Budgets that count the call charge it, with what it cost in their unit; where nobody knows what served it, all do.
    /// </summary>
    private static ImmutableArray<Charge> Charges(EmbeddedReservation call, long cost, long tokens, Settlement? settlement)
    {
        if (call.Holds.Length == 0)
            return [];
        var charges = ImmutableArray.CreateBuilder<Charge>(call.Holds.Length);
        foreach (ref var hold in call.Holds.AsSpan())
        {
            var covered = hold.Model is null || settlement?.IsCountedBy(hold.Model) != false;
            var amount = covered ? hold.Account.Amount(cost, tokens) : 0;
            if (!covered && hold.Charged == 0)
                continue;
            var overshoot = Overshoot(call, hold, amount);
            charges.Add(new()
            {
                Budget = hold.Account.Id,
                PeriodStart = hold.Counter.PeriodStart,
                Amount = amount - hold.Charged,
                Unit = hold.Account.Unit,
                Overshoot = overshoot,
            });
            hold.Charged = amount;
            hold.Overshoot += overshoot;
        }

        return charges.DrainToImmutable();
    }

    /// <summary>
    /// By how much more than before the call is above what stood for it. That was its reservation; but once it was given up others may
    /// have taken the rest of that, and only what it was charged then still stands.
    /// </summary>
    private static long Overshoot(EmbeddedReservation call, in Hold hold, long amount) =>
        call.State == ReservationState.Abandoned && amount > hold.Charged
            ? amount - hold.Charged
            : Math.Max(amount - hold.Reserved, 0) - hold.Overshoot;
}
