using System.Collections.Immutable;
using Gateway.Server.Budget;
using Gateway.Server.Budget.Postgres;
using Gateway.Server.Config;

namespace Integration.Tests.Spend;

/// <summary>A ledger that replicas share, in memory.</summary>
internal sealed class MemoryLedger : IOrderedLedger
{
    private readonly Lock _gate = new();
    private readonly List<LedgerRow> _rows = [];
    private readonly Dictionary<(DateTimeOffset, string, RowKind), long> _known = [];
    private long _seeds;

    /// <summary>It answers nothing.</summary>
    public bool IsDown { get; set; }

    /// <summary>It takes no rows, and seeds all the same.</summary>
    public bool IsReadOnly { get; set; }

    /// <summary>It takes rows, and nobody learns of it.</summary>
    public bool LosesAnswers { get; set; }

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

    public ValueTask<ImmutableArray<WrittenRow?>?> WriteAsync(ImmutableArray<LedgerRow> rows, CancellationToken cancellationToken)
    {
        if (IsDown || IsReadOnly)
            return new((ImmutableArray<WrittenRow?>?)null);
        lock (_gate)
        {
            ImmutableArray<WrittenRow?> answer = [.. rows.Select(row => (WrittenRow?)Write(row))];
            return new(LosesAnswers ? null : answer);
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
            seed = new(++_seeds, [.. budgets.SelectMany(b => Sums(b.Budget, b.Period))], spent, OtherTier.Never);
        }

        await (OnSeed?.Invoke() ?? Task.CompletedTask);
        return seed;
    }

    public ValueTask<OtherTier?> OtherTierAsync(CancellationToken cancellationToken) => new(IsDown ? null : OtherTier.Never);

    private WrittenRow Write(LedgerRow row) => (row.Kind, Find(row, RowKind.Settled), Find(row, RowKind.Abandoned)) switch
    {
        (RowKind.Settled, null, { } former) => Correct(PostgresEntry.Correction(row, Former(former))),
        (RowKind.Abandoned, { }, null) => new(_seeds, PostgresEntry.Nothing(row)),
        (RowKind.Abandoned, _, { } former) when former.EndedAt != row.EndedAt => new(_seeds, PostgresEntry.Nothing(row)),
        _ => new(Add(row)),
    };

    private WrittenRow Correct(LedgerRow correction) => new(Add(correction), correction);

    private long Add(LedgerRow row)
    {
        if (_known.TryAdd((row.StartedAt, row.CallId, row.Kind), _seeds))
            _rows.Add(row);
        return _known[(row.StartedAt, row.CallId, row.Kind)];
    }

    private LedgerRow? Find(LedgerRow row, RowKind kind) =>
        _rows.Find(r => r.Kind == kind && r.CallId == row.CallId && r.StartedAt == row.StartedAt);

    private static GivenUp Former(LedgerRow row) =>
        new() { StartedAt = row.StartedAt, CostNanos = row.CostNanos, Tokens = row.Tokens, Charges = row.Charges };

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
