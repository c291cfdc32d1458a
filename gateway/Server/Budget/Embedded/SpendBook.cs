using System.Collections.Immutable;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Embedded;

/// <summary>
/// All counters, key totals and live calls. Guarded by the store's lock; no clock and no I/O. Every change has one method, which serves
/// the running store and the replay of its journal alike: what a crash leaves behind is what was.
/// </summary>
internal sealed class SpendBook
{
    private readonly Dictionary<string, BudgetAccount> _budgets = [];
    private readonly Dictionary<string, KeyAccount> _keys = [];
    private readonly Dictionary<long, EmbeddedReservation> _live = [];

    /// <summary>Number of the last call that was opened.</summary>
    public long LastNumber { get; private set; }

    public IReadOnlyCollection<EmbeddedReservation> Live => _live.Values;

    public IReadOnlyCollection<BudgetAccount> Budgets => _budgets.Values;

    public IReadOnlyCollection<KeyAccount> Keys => _keys.Values;

    public BudgetAccount? Budget(string id) => _budgets.GetValueOrDefault(id);

    public EmbeddedReservation? Call(long number) => _live.GetValueOrDefault(number);

    public KeyAccount Key(string id)
    {
        if (!_keys.TryGetValue(id, out var key))
            _keys.Add(id, key = new(id));
        return key;
    }

    public long Spent(string keyId) => _keys.TryGetValue(keyId, out var key) ? key.Spent : 0;

    /// <summary>Forgets everything: a checkpoint follows, which says it all.</summary>
    public void Clear(long lastNumber)
    {
        _budgets.Clear();
        _keys.Clear();
        _live.Clear();
        LastNumber = lastNumber;
    }

    /// <summary>Null where one of the budgets was never applied. Nothing is held yet.</summary>
    public Hold[]? Holds(ImmutableArray<BudgetModel> budgets, string keyId, long cost, long tokens, DateTimeOffset now)
    {
        if (budgets.IsEmpty)
            return [];
        var holds = new Hold[budgets.Length];
        for (var i = 0; i < holds.Length; i++)
        {
            if (!_budgets.TryGetValue(budgets[i].Id, out var account) || account.Model is null)
                return null;
            var counter = account.At(keyId, account.PeriodAt(now).Start);
            holds[i] = new() { Account = account, Counter = counter, Model = budgets[i], Reserved = account.Amount(cost, tokens) };
        }

        return holds;
    }

    public void Open(EmbeddedReservation call)
    {
        foreach (ref var hold in call.Holds.AsSpan())
            hold.Held = hold.Counter.Hold(hold.Reserved);
        call.CoveredCost = call.ReservedCost;
        call.CoveredTokens = call.MinuteTokens = call.ReservedTokens;
        call.Key.Admit(call.StartedAt, call.ReservedTokens);
        _live.Add(call.Number, call);
        LastNumber = Math.Max(LastNumber, call.Number);
    }

    /// <summary>Brings the reservation up to what the call has accrued.</summary>
    public static void Raise(EmbeddedReservation call)
    {
        foreach (ref var hold in call.Holds.AsSpan())
            hold.Held += hold.Counter.Hold(hold.Account.Amount(call.AccruedCost, call.AccruedTokens) - hold.Held);
        call.CoveredCost = Math.Max(call.CoveredCost, call.AccruedCost);
        call.CoveredTokens = Math.Max(call.CoveredTokens, call.AccruedTokens);
        call.Key.Reconcile(call.StartedAt, call.CoveredTokens - call.MinuteTokens);
        call.MinuteTokens = call.CoveredTokens;
    }

    /// <summary>Takes back a call that was never sent.</summary>
    public void Cancel(EmbeddedReservation call)
    {
        Release(call);
        call.Key.Withdraw(call.StartedAt, call.MinuteTokens);
    }

    /// <summary>Counts what a row of the ledger says.</summary>
    public void Apply(RowTotals row)
    {
        if (_live.TryGetValue(row.Number, out var call))
        {
            Release(call);
            call.Key.Leave(call.StartedAt, row.Tokens - call.MinuteTokens);
        }

        foreach (var charge in row.Charges)
        {
            // A late correction may still be in the unit that the budget counted before.
            if (Budget(charge.Budget) is { } account && account.Unit == charge.Unit)
                account.At(row.Key, charge.PeriodStart).Charge(charge.Amount, charge.Overshoot);
        }

        Key(row.Key).Spend(row.CostNanos);
        LastNumber = Math.Max(LastNumber, row.Number);
    }

    /// <summary>
    /// Puts a new counter definition in the place of the former one, with what the ledger says was spent since the period's start, by key.
    /// Live calls of the period move over.
    /// </summary>
    public void Define(BudgetAccount account, DateTimeOffset periodStart, IEnumerable<KeyValuePair<string, long>> spent)
    {
        var former = Budget(account.Id);
        _budgets[account.Id] = account;
        foreach (var (key, amount) in spent)
            account.At(key, periodStart).Charge(amount, 0);
        if (former is null)
            return;
        foreach (var call in _live.Values)
        {
            foreach (ref var hold in call.Holds.AsSpan())
            {
                if (hold.Account == former && call.StartedAt >= periodStart)
                    Move(call, ref hold, account, periodStart);
            }
        }
    }

    private static void Move(EmbeddedReservation call, ref Hold hold, BudgetAccount account, DateTimeOffset periodStart)
    {
        hold.Counter.Release(hold.Held);
        hold.Account = account;
        hold.Counter = account.At(call.Key.Id, periodStart);
        hold.Reserved = account.Amount(call.ReservedCost, call.ReservedTokens);
        hold.Held = hold.Counter.Hold(account.Amount(call.CoveredCost, call.CoveredTokens));
    }

    private void Release(EmbeddedReservation call)
    {
        foreach (ref var hold in call.Holds.AsSpan())
        {
            hold.Counter.Release(hold.Held);
            hold.Held = 0;
        }

        _live.Remove(call.Number);
    }
}
