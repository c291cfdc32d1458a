namespace Gateway.Server.Budget.Postgres;

/// <summary>Makes the rows of a call. Pure.</summary>
internal static class PostgresEntry
{
    /// <summary>What the call did cost. Budgets that cover what served it charge it; where nobody knows that, all do.</summary>
    public static LedgerRow Settled(PostgresReservation call, Settlement settlement, DateTimeOffset now)
    {
        var (cost, tokens) = (settlement.Cost.Nanos, settlement.Usage.Total);
        return new()
        {
            Kind = RowKind.Settled,
            Number = call.Number,
            CallId = call.CallId,
            StartedAt = call.StartedAt,
            EndedAt = now,
            Key = call.KeyId,
            Facts = call.Facts,
            CostNanos = cost,
            Tokens = tokens,
            Settlement = settlement,
            Charges =
            [
                .. call.Holds
                    .Where(hold => settlement.IsCountedBy(hold.Budget))
                    .Select(hold => Charge(hold, hold.Unit == ChargeUnit.Tokens ? tokens : cost)),
            ],
        };
    }

    /// <summary>The difference between what a call did cost and what it was charged when it was given up.</summary>
    public static LedgerRow Correction(LedgerRow settled, GivenUp former) => settled with
    {
        Kind = RowKind.Correction,
        StartedAt = former.StartedAt,
        CostNanos = settled.CostNanos - former.CostNanos,
        Tokens = settled.Tokens - former.Tokens,
        Charges =
        [
            .. settled.Charges.Select(charge => Difference(charge, former.Charges.FirstOrDefault(c => c.Budget == charge.Budget))),
            .. former.Charges
                .Where(charge => settled.Charges.All(c => c.Budget != charge.Budget))
                .Select(charge => charge with { Amount = -charge.Amount, Overshoot = -charge.Overshoot }),
        ],
    };

    /// <summary>In the place of a row that charges what is charged already.</summary>
    public static LedgerRow Nothing(LedgerRow row) => row with
    {
        CostNanos = 0,
        Tokens = 0,
        Charges = [.. row.Charges.Select(charge => charge with { Amount = 0, Overshoot = 0 })],
    };

    private static Charge Charge(in PostgresHold hold, long amount) => new()
    {
        Budget = hold.Budget.Id,
        PeriodStart = hold.Period.Start,
        Amount = amount,
        Unit = hold.Unit,
        Overshoot = Math.Max(amount - hold.Reserved, 0),
    };

    // Once a call was given up others may have taken the rest of its reservation: only what it was charged then still stood for it.
    private static Charge Difference(Charge charge, Charge? former) => former is null ? charge : charge with
    {
        Amount = charge.Amount - former.Amount,
        Overshoot = charge.Amount > former.Amount ? charge.Amount - former.Amount : charge.Overshoot - former.Overshoot,
    };
}
