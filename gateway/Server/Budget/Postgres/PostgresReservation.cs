using System.Collections.Immutable;
using System.Text.Json;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Postgres;

/// <summary>A live call of this replica. What it has accrued is written by its relay, without a lock.</summary>
internal sealed class PostgresReservation : Reservation
{
    private long _accruedCost;
    private long _accruedTokens;
    private long _coveredCost;
    private long _coveredTokens;
    private int _isRaising;
    private int _isSettled;
    private volatile bool _stirred;

    /// <summary>The call's own, known before the store has answered.</summary>
    public required long Number { get; init; }

    public required string KeyId { get; init; }

    public required CallFacts Facts { get; init; }

    public required ImmutableArray<PostgresHold> Holds { get; init; }

    /// <summary>When the call last showed a sign of life, as a timestamp of the clock.</summary>
    public long LastStirred { get; set; }

    public long AccruedCost => Volatile.Read(ref _accruedCost);

    public long AccruedTokens => Volatile.Read(ref _accruedTokens);

    /// <summary>What the store holds for the call.</summary>
    public required (long Cost, long Tokens) Covered
    {
        init => (_coveredCost, _coveredTokens) = value;
    }

    /// <summary>True where the reservation has to be raised and nobody is at it yet.</summary>
    public bool Accrue(long cost, long tokens)
    {
        if (cost > _accruedCost)
            Volatile.Write(ref _accruedCost, cost);
        if (tokens > _accruedTokens)
            Volatile.Write(ref _accruedTokens, tokens);
        _stirred = true;
        return (cost > Volatile.Read(ref _coveredCost) || tokens > Volatile.Read(ref _coveredTokens))
            && Interlocked.Exchange(ref _isRaising, 1) == 0;
    }

    /// <summary>What the store is told now.</summary>
    public (long Cost, long Tokens) TakeAccrued()
    {
        Volatile.Write(ref _isRaising, 0);
        var accrued = (AccruedCost, AccruedTokens);
        Volatile.Write(ref _coveredCost, Math.Max(_coveredCost, accrued.AccruedCost));
        Volatile.Write(ref _coveredTokens, Math.Max(_coveredTokens, accrued.AccruedTokens));
        return accrued;
    }

    /// <summary>True where something was accrued since the last question.</summary>
    public bool TakeStirred()
    {
        var stirred = _stirred;
        _stirred = false;
        return stirred;
    }

    /// <summary>True for the first who settles it.</summary>
    public bool Settle() => Interlocked.Exchange(ref _isSettled, 1) == 0;
}

/// <summary>What a call holds of one budget.</summary>
/// <param name="Budget">As it was at reserve: which models it covers is fixed by then.</param>
/// <param name="Period">That the call counts in.</param>
/// <param name="Reserved">In the unit that the budget counts.</param>
internal readonly record struct PostgresHold(BudgetModel Budget, Period Period, long Reserved)
{
    public ChargeUnit Unit => Budget.CountsTokens ? ChargeUnit.Tokens : ChargeUnit.Nanos;

    /// <summary>The members that name a counter, but for its key.</summary>
    public static void WriteCounter(Utf8JsonWriter json, BudgetModel budget, Period period)
    {
        json.WriteString("budget", budget.Id);
        json.WriteString("definition", budget.CounterDefinition);
        json.WriteString("period_start", period.Start);
        if (period.End is { } end)
            json.WriteString("period_end", end);
        json.WriteBoolean("counts_tokens", budget.CountsTokens);
    }

    /// <summary>As the sweeper will charge it, if nobody else does.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("budget", Budget.Id);
        json.WriteString("period_start", Period.Start);
        json.WriteString("unit", Unit.ToString());
        json.WriteNumber("reserved", Reserved);
        json.WriteEndObject();
    }
}
