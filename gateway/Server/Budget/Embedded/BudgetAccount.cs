using Gateway.Server.Config;

namespace Gateway.Server.Budget.Embedded;

/// <summary>
/// One budget's counters under one definition. Guarded by the store's lock. It outlives the Budget: deleting and re-applying resets
/// nothing.
/// </summary>
internal sealed class BudgetAccount
{
    private const string AllKeys = "";

    // A counter stays for an hour after its period: a clock that is set back over the period's end finds it again.
    private static readonly TimeSpan s_grace = TimeSpan.FromHours(1);

    private readonly Dictionary<(string Key, DateTimeOffset PeriodStart), Counter> _counters = [];
    private Period _period;

    /// <summary>A budget as its config says.</summary>
    public BudgetAccount(BudgetModel model)
        : this(model.Id, model.CounterDefinition, model.PerKey, model.CountsTokens ? ChargeUnit.Tokens : ChargeUnit.Nanos) =>
        Model = model;

    /// <summary>A budget as the journal knows it, until a config names it.</summary>
    public BudgetAccount(string id, string definition, bool perKey, ChargeUnit unit)
    {
        Id = id;
        Definition = definition;
        PerKey = perKey;
        Unit = unit;
    }

    public string Id { get; }

    public string Definition { get; }

    public bool PerKey { get; }

    public ChargeUnit Unit { get; }

    /// <summary>What is in force: the last that was applied. Null: not seen since the start.</summary>
    public BudgetModel? Model { get; set; }

    /// <summary>By key; the key is empty where all keys count together.</summary>
    public IEnumerable<(string Key, Counter Counter)> Counters => _counters.Select(c => (c.Key.Key, c.Value));

    /// <summary>Of a budget that was applied.</summary>
    public Period PeriodAt(DateTimeOffset now)
    {
        if (_period.Start == default || !_period.Holds(now))
            _period = Periods.At(Model!.Period, Model.TimeZone, now);
        return _period;
    }

    public long Amount(long costNanos, long tokens) => Unit == ChargeUnit.Tokens ? tokens : costNanos;

    /// <summary>Begins the counter where there is none yet.</summary>
    public Counter At(string keyId, DateTimeOffset periodStart)
    {
        var id = (PerKey ? keyId : AllKeys, periodStart);
        if (!_counters.TryGetValue(id, out var counter))
            _counters.Add(id, counter = new(periodStart));
        return counter;
    }

    public Counter? Find(string keyId, DateTimeOffset periodStart) => _counters.GetValueOrDefault((PerKey ? keyId : AllKeys, periodStart));

    /// <summary>Forgets counters whose period is over and that no live call holds: the ledger keeps what they were.</summary>
    public void Prune(DateTimeOffset now)
    {
        if (Model is null)
            return;
        var oldest = Periods.At(Model.Period, Model.TimeZone, now - s_grace).Start;
        foreach (var (id, counter) in _counters)
        {
            if (counter.PeriodStart < oldest && counter.Live == 0)
                _counters.Remove(id);
        }
    }
}
