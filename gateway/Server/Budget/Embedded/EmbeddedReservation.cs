using Gateway.Server.Budget.Embedded.Journal;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Embedded;

/// <summary>A live call. All but the accrued amounts is guarded by the store's lock.</summary>
internal sealed class EmbeddedReservation : Reservation
{
    private long _accruedCost;
    private long _accruedTokens;
    private long _recordedCost;
    private long _recordedTokens;
    private volatile bool _stirred;

    public required long Number { get; init; }

    public required KeyAccount Key { get; init; }

    public required CallFacts Facts { get; init; }

    /// <summary>In nanos, as all costs here.</summary>
    public required long ReservedCost { get; init; }

    public required long ReservedTokens { get; init; }

    public required long PromptCost { get; init; }

    public required long PromptTokens { get; init; }

    public required Hold[] Holds { get; init; }

    /// <summary>The most that the stream was seen to cost; written by its relay only, without a lock.</summary>
    public long AccruedCost => Volatile.Read(ref _accruedCost);

    public long AccruedTokens => Volatile.Read(ref _accruedTokens);

    /// <summary>What the reservation covers: what was reserved, or what it was raised to.</summary>
    public long CoveredCost { get; set; }

    public long CoveredTokens { get; set; }

    /// <summary>When the store last saw that the call lives.</summary>
    public DateTimeOffset LastSeen { get; set; }

    /// <summary>What stands for the call in its key's minute.</summary>
    public long MinuteTokens { get; set; }

    public ReservationState State { get; set; }

    /// <summary>What its rows charged so far.</summary>
    public long ChargedCost { get; set; }

    public long ChargedTokens { get; set; }

    /// <summary>Due if nobody settles it.</summary>
    public long AbandonedCost => Math.Max(PromptCost, AccruedCost);

    public long AbandonedTokens => Math.Max(PromptTokens, AccruedTokens);

    /// <summary>True where the reservation has to be raised.</summary>
    public bool Accrue(long cost, long tokens)
    {
        if (cost > _accruedCost)
            Volatile.Write(ref _accruedCost, cost);
        if (tokens > _accruedTokens)
            Volatile.Write(ref _accruedTokens, tokens);
        _stirred = true;
        return cost > CoveredCost || tokens > CoveredTokens;
    }

    /// <summary>True where something was accrued since the last question.</summary>
    public bool TakeStirred()
    {
        var stirred = _stirred;
        _stirred = false;
        return stirred;
    }

    /// <summary>What it has accrued, unless the journal has that already.</summary>
    public Accrued? TakeUnrecorded()
    {
        var (cost, tokens) = (AccruedCost, AccruedTokens);
        if (cost == _recordedCost && tokens == _recordedTokens)
            return null;
        (_recordedCost, _recordedTokens) = (cost, tokens);
        return new(Number, cost, tokens);
    }
}

/// <summary>How far a reservation has come.</summary>
internal enum ReservationState
{
    /// <summary>The call runs.</summary>
    Live,

    /// <summary>It was given up, and charged what it had accrued.</summary>
    Abandoned,

    /// <summary>It was charged what it cost, or never sent.</summary>
    Closed,
}

/// <summary>What a call holds in one counter.</summary>
internal struct Hold
{
    public required BudgetAccount Account { get; set; }

    public required Counter Counter { get; set; }

    /// <summary>The budget as it was at reserve: which models it covers is fixed by then. Null after a restart.</summary>
    public required BudgetModel? Model { get; init; }

    /// <summary>What was reserved.</summary>
    public required long Reserved { get; set; }

    /// <summary>What is held now: no less while the call lives, 0 afterwards.</summary>
    public long Held { get; set; }

    /// <summary>What its rows charged so far.</summary>
    public long Charged { get; set; }

    /// <summary>The part of <see cref="Charged"/> above what stood for the call.</summary>
    public long Overshoot { get; set; }
}
