using System.Collections.Immutable;
using Gateway.Server.Budget.Embedded.Journal;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Embedded;

/// <content>Budgets come and change.</content>
internal sealed partial class EmbeddedSpendStore
{
    private readonly Lock _applying = new();
    private Reseeding? _reseeding;
    private ImmutableArray<BudgetModel> _deferred = [];

    /// <remarks>
    /// A changed definition is counted from the ledger, outside of the lock; calls go on and count as before until that is done. While the
    /// journal cannot be written, the ledger is not complete, and while it cannot be read, nothing is known of it: the change then waits.
    /// </remarks>
    public void Apply(ImmutableArray<BudgetModel> budgets)
    {
        lock (_applying)
        {
            List<BudgetModel> changed;
            Reseeding reseeding;
            long segment;
            long length;
            lock (_gate)
            {
                changed = Adopt(budgets);
                _deferred = [];
                if (changed.Count == 0)
                    return;
                if (!_journal.WriteAll())
                {
                    Defer(changed);
                    return;
                }

                // Rows up to here are read from the files; later ones are added as they come.
                _reseeding = reseeding = new(changed, _time.GetUtcNow());
                (segment, length) = (_journal.Segment, _journal.Length);
            }

            try
            {
                reseeding.Read(_segments, segment, length);
                lock (_gate)
                    Adopt(reseeding);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogNotRedefined(e.Message);
                lock (_gate)
                    Defer(changed);
            }
            finally
            {
                lock (_gate)
                    _reseeding = null;
            }
        }
    }

    /// <summary>Takes over limits and new budgets. Returns those whose counter is defined in another way than before.</summary>
    private List<BudgetModel> Adopt(ImmutableArray<BudgetModel> budgets)
    {
        var changed = new List<BudgetModel>();
        var now = _time.GetUtcNow();
        foreach (var budget in budgets)
        {
            var account = _book.Budget(budget.Id);
            if (account is null)
                Define(budget, Periods.At(budget.Period, budget.TimeZone, now).Start, ImmutableDictionary<string, long>.Empty);
            else if (account.Definition == budget.CounterDefinition)
                account.Model = budget;
            else
                changed.Add(budget);
        }

        return changed;
    }

    private void Adopt(Reseeding reseeding)
    {
        foreach (var seed in reseeding.Seeds)
        {
            Define(seed.Model, seed.PeriodStart, seed.Spent);
            LogRedefined(seed.Model.Id, seed.Model.CounterDefinition);
        }
    }

    private void Defer(List<BudgetModel> changed)
    {
        _deferred = [.. changed];
        foreach (var budget in changed)
            _book.Budget(budget.Id)!.Model ??= budget;
    }

    private void Define(BudgetModel budget, DateTimeOffset periodStart, IReadOnlyDictionary<string, long> spent)
    {
        var account = new BudgetAccount(budget);
        _book.Define(account, periodStart, spent);
        Append(new() { Define = JournalBook.Definition(account) with { PeriodStart = periodStart } });
    }

    private void ApplyDeferred()
    {
        ImmutableArray<BudgetModel> deferred;
        lock (_gate)
            deferred = _deferred;
        if (!deferred.IsEmpty)
            Apply(deferred);
    }
}
