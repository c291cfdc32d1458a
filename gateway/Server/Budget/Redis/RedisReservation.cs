using System.Collections.Immutable;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Redis;

/// <summary>A live call of this replica. What it holds, and where, stands in the store; this is what a lost store is told anew.</summary>
internal sealed class RedisReservation : Reservation
{
    private long _accruedCost;
    private long _accruedTokens;
    private int _closed;
    private int _raising;

    /// <summary>Unlike the call's id it is ours alone.</summary>
    public required string Lease { get; init; }

    public required RowDraft Draft { get; init; }

    public required byte[] DraftJson { get; init; }

    public required long ReservedCost { get; init; }

    public required long ReservedTokens { get; init; }

    public required long PromptCost { get; init; }

    public required long PromptTokens { get; init; }

    /// <summary>As they were at reserve: which models they cover is fixed by then.</summary>
    public required ImmutableArray<BudgetModel> Budgets { get; init; }

    /// <summary>As the scripts write what a call holds.</summary>
    public required string Holds { get; init; }

    /// <summary>Written by the call's relay only.</summary>
    public long AccruedCost => Volatile.Read(ref _accruedCost);

    public long AccruedTokens => Volatile.Read(ref _accruedTokens);

    /// <summary>True where the reservation is to be raised and nobody was told yet.</summary>
    public bool Accrue(long cost, long tokens)
    {
        if (cost > _accruedCost)
            Volatile.Write(ref _accruedCost, cost);
        if (tokens > _accruedTokens)
            Volatile.Write(ref _accruedTokens, tokens);
        return (cost > ReservedCost || tokens > ReservedTokens) && Interlocked.Exchange(ref _raising, 1) == 0;
    }

    /// <summary>What is accrued from here on is told anew.</summary>
    public void BeginRaise() => Volatile.Write(ref _raising, 0);

    /// <summary>False: it was closed before.</summary>
    public bool Close() => Interlocked.Exchange(ref _closed, 1) == 0;
}
