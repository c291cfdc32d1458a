using System.Collections.Immutable;
using Gateway.Server.Budget;
using Gateway.Server.Config;

namespace Integration.Tests.Spend;

/// <summary>A ledger that replicas share, in memory.</summary>
internal sealed class MemoryLedger : IOrderedLedger
{
    private readonly Lock _gate = new();
    private readonly List<LedgerRow> _rows = [];
    private readonly HashSet<(DateTimeOffset, string, RowKind)> _known = [];
    private long _seeds;

    /// <summary>It answers nothing.</summary>
    public bool IsDown { get; set; }

    /// <summary>Called while a seed is taken, after its rows were read.</summary>
    public Func<Task>? OnSeed { get; set; }

    public long LostRows => 0;

    public ImmutableArray<LedgerRow> Rows
    {
        get
        {
            lock (_gate)
                return [.. _rows];
        }
    }

    public ValueTask<LedgerWrite?> WriteAsync(ImmutableArray<LedgerRow> rows, CancellationToken cancellationToken)
    {
        if (IsDown)
            return new((LedgerWrite?)null);
        lock (_gate)
        {
            var skipped = ImmutableArray.CreateBuilder<int>();
            for (var i = 0; i < rows.Length; i++)
            {
                if (_known.Add((rows[i].StartedAt, rows[i].CallId, rows[i].Kind)))
                    _rows.Add(rows[i]);
                else
                    skipped.Add(i);
            }

            return new(new LedgerWrite(_seeds, skipped.ToImmutable()));
        }
    }

    public async ValueTask<LedgerSeed?> SeedAsync(
        ImmutableArray<(BudgetModel Budget, Period Period)> budgets, CancellationToken cancellationToken)
    {
        if (IsDown)
            return null;
        LedgerSeed seed;
        lock (_gate)
        {
            var spent = _rows.GroupBy(r => r.Key).ToImmutableDictionary(g => g.Key, g => g.Sum(r => r.CostNanos));
            seed = new(++_seeds, [.. budgets.SelectMany(b => Sums(b.Budget, b.Period))], spent);
        }

        await (OnSeed?.Invoke() ?? Task.CompletedTask);
        return seed;
    }

    private IEnumerable<LedgerCounter> Sums(BudgetModel budget, Period period) =>
        from row in _rows
        where row.StartedAt >= period.Start
        from charge in row.Charges
        where charge.Budget == budget.Id
        group (row, charge) by budget.PerKey ? row.Key : "" into key
        select new LedgerCounter(
            budget.Id, key.Key, period.Start, key.Sum(c => Amount(budget, c.row, c.charge)), key.Sum(c => Overshoot(budget, c.charge)));

    private static long Amount(BudgetModel budget, LedgerRow row, Charge charge) => (budget.CountsTokens, charge.Unit) switch
    {
        (true, ChargeUnit.Tokens) or (false, ChargeUnit.Nanos) => charge.Amount,
        (true, _) => row.Tokens,
        (false, _) => row.CostNanos,
    };

    private static long Overshoot(BudgetModel budget, Charge charge) =>
        budget.CountsTokens == (charge.Unit == ChargeUnit.Tokens) ? charge.Overshoot : 0;
}
