using System.Collections.Immutable;
using System.Globalization;
using System.Text;
using Gateway.Contract;
using Gateway.Server.Config;
using Gateway.Server.Metering;

namespace Gateway.Server.Budget.Postgres;

/// <content>What is done beside the calls.</content>
internal sealed partial class PostgresSpendStore
{
    private const string Probe = "select clock_timestamp() from (select $1::text, $2::jsonb) as p";
    private const string Sweep = "select * from llm_gateway.sweep_v1($1, ($2::jsonb)::text::integer)";
    private const string Orphan = "select * from llm_gateway.orphan_v1($1, $2)";
    private const string ReadCounters = "select * from llm_gateway.read_v1($1, $2)";
    private const string ReadSpent = "select key, spent from llm_gateway.key_state where gateway = $1 and $2::jsonb is not null";
    private const string Clean =
        "select llm_gateway.clean_v1($1, clock_timestamp() - ($2::jsonb)::text::bigint * interval '1 second', 5000)";

    private ImmutableArray<BudgetModel> _applied = [];
    private ImmutableDictionary<string, ImmutableArray<BudgetCounter>> _counters =
        ImmutableDictionary<string, ImmutableArray<BudgetCounter>>.Empty;
    private long _healthySince;
    private long _renewed;
    private long _swept;
    private long _refreshed;
    private TimeSpan _refreshTook;
    private volatile bool _hasUnread;
    private Task _refreshing = Task.CompletedTask;
    private long _cleaned;
    private string? _reported;

    /// <summary>As of the last refresh; budgets that were not applied before it stand at zero.</summary>
    public ImmutableArray<BudgetCounter> Read(ImmutableArray<BudgetModel> budgets) =>
        [.. budgets.SelectMany(budget => _counters.GetValueOrDefault(budget.Id) is { IsDefault: false } known ? known : Unspent(budget))];

    public bool HasRead(BudgetModel budget) => _counters.ContainsKey(budget.Id);

    /// <summary>Where the budgets stand now; null: the database does not answer.</summary>
    public async ValueTask<ImmutableArray<BudgetCounter>?> ReadAsync(
        ImmutableArray<BudgetModel> budgets, CancellationToken cancellationToken)
    {
        ImmutableArray<(BudgetModel Budget, Period Period)> questions = [.. budgets.Select(b => (b, _clock.PeriodOf(b)))];
        var answer = await _database.AskAtLengthAsync(
            ReadCounters,
            LedgerJson.Questions(questions),
            row => (I: row.GetInt32(0), Key: row.GetString(1), Settled: row.GetInt64(2), Live: row.GetInt64(3), Over: row.GetInt64(4)),
            cancellationToken);
        if (answer.Fault != DatabaseFault.None)
            return null;
        var counters = answer.Rows.ToLookup(r => r.I);
        return
        [
            .. questions.SelectMany((q, i) => q.Budget.PerKey || counters[i].Any()
                ? counters[i].Select(c => Counter(q.Budget, q.Period, c.Key, c.Settled, c.Live, c.Over))
                : Unspent(q.Budget)),
        ];
    }

    /// <summary>Where counters add up a whole period it takes its time: then it comes less often, and is a small part of the load.</summary>
    private TimeSpan RefreshPause => TimeSpan.FromTicks(Math.Max(_options.RefreshInterval.Ticks, 10 * _refreshTook.Ticks));

    /// <summary>Brings back a database that was lost, writes what waits for it, renews, sweeps and cleans what is due.</summary>
    internal async Task TickAsync(CancellationToken cancellationToken)
    {
        if (_database.Failure is not null && !await ProbeAsync(cancellationToken))
            return;
        await FlushAsync();
        lock (_refused)
            Write(_refused.Due(_clock.Now));
        await _settles.DrainAsync();

        // After an outage every replica renews first: leases ran out while nobody could renew them.
        if (IsDue(ref _renewed, _options.RenewInterval))
            await RenewAsync();
        if (!_former.Ids.IsEmpty && !_backlog.IsBehind)
            await GiveUpFormerAsync(cancellationToken);
        if (_time.GetElapsedTime(_healthySince) >= _options.RenewInterval && IsDue(ref _swept, _options.SweepInterval))
            await SweepAsync(cancellationToken);
        if (_refreshing.IsCompleted && (_hasUnread || _time.GetElapsedTime(_refreshed) >= RefreshPause))
            _refreshing = RefreshSafelyAsync(cancellationToken);
        if (IsDue(ref _cleaned, _options.CleanInterval))
            await CleanAsync(cancellationToken);
    }

    private static IEnumerable<BudgetCounter> Unspent(Period period, BudgetModel budget) =>
        budget.PerKey ? [] : [Counter(budget, period, "", 0, 0, 0)];

    private static BudgetCounter Counter(BudgetModel budget, Period period, string key, long settled, long live, long overshoot) => new()
    {
        Budget = budget.Id,
        Key = budget.PerKey ? key : null,
        PeriodStart = period.End is null ? null : period.Start,
        PeriodEnd = period.End,
        Limit = Amount(budget, budget.Limit),
        Settled = Amount(budget, settled),
        Reserved = Amount(budget, live),
        Overshoot = Amount(budget, overshoot),
    };

    private static decimal Amount(BudgetModel budget, long amount) => budget.CountsTokens ? amount : new Money(amount).ToDecimal();

    private static ReadOnlyMemory<byte> Number(long number) => Encoding.UTF8.GetBytes(number.ToString(CultureInfo.InvariantCulture));

    private IEnumerable<BudgetCounter> Unspent(BudgetModel budget) => Unspent(_clock.PeriodOf(budget), budget);

    private async Task StartAsync()
    {
        await _database.TryUpgradeAsync(CancellationToken.None);
        _healthySince = _renewed = _swept = _cleaned = _time.GetTimestamp();
        if (await ProbeAsync(CancellationToken.None))
        {
            _refreshing = RefreshSafelyAsync(_stop.Token);
            await Task.WhenAny(_refreshing, Task.Delay(_options.Bound, _time));
        }

        _spool.Start();
        _upkeep = Task.Run(UpkeepAsync);
    }

    private async Task UpkeepAsync()
    {
        using var timer = new PeriodicTimer(_options.UpkeepInterval, _time);
        while (await timer.WaitForNextTickAsync(_stop.Token))
        {
            try
            {
                await TickAsync(_stop.Token);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                // The boundary of this loop: without it leases would run out.
                LogBroken(e);
            }

            Report();
        }
    }

    private bool IsDue(ref long last, TimeSpan interval)
    {
        if (_time.GetElapsedTime(last) < interval)
            return false;
        last = _time.GetTimestamp();
        return true;
    }

    private async Task<bool> ProbeAsync(CancellationToken cancellationToken)
    {
        var wasLost = _database.Failure is not null;
        var asked = _time.GetTimestamp();
        var answer = await _database.AskAsync(
            Probe, Number(0), row => row.GetFieldValue<DateTimeOffset>(0), cancellationToken);
        if (answer.Fault != DatabaseFault.None)
            return false;
        _clock.Learn(answer.Rows[0], asked);
        if (wasLost)
        {
            _healthySince = _time.GetTimestamp();
            _renewed = 0;
        }

        return true;
    }

    /// <summary>Renews the leases of all live calls.</summary>
    internal async Task RenewAsync()
    {
        foreach (var call in _live.Values)
        {
            if (call.TakeStirred())
                call.LastStirred = _time.GetTimestamp();
            if (_time.GetElapsedTime(call.LastStirred) < _options.AbandonAfter)
                _renewals.Add(call);
            else
                _live.TryRemove(call.Number, out _);
        }

        await _renewals.DrainAsync();
    }

    /// <summary>What the process before this one has left is given up now; what it had brought to the volume went first.</summary>
    private async Task GiveUpFormerAsync(CancellationToken cancellationToken)
    {
        DatabaseAnswer<(string, string)> answer;
        do
        {
            var document = LedgerJson.Sessions(_former.Ids, _options.MaxBatch);
            answer = await AbandonAsync(Orphan, document, cancellationToken);
        }
        while (answer.Rows.Count == _options.MaxBatch);
        if (answer.Fault == DatabaseFault.None)
            _former.Forget();
    }

    private async Task SweepAsync(CancellationToken cancellationToken)
    {
        var answer = await AbandonAsync(Sweep, Number(_options.MaxBatch), cancellationToken);
        if (answer.Rows.Count == _options.MaxBatch)
            _swept = 0;
    }

    private async Task<DatabaseAnswer<(string CallId, string Key)>> AbandonAsync(
        string statement, ReadOnlyMemory<byte> document, CancellationToken cancellationToken)
    {
        var answer = await _database.AskAsync(
            statement, document, row => (CallId: row.GetString(0), Key: row.GetString(1)), cancellationToken);
        foreach (var (callId, key) in answer.Rows)
            LogAbandoned(callId, key);
        return answer;
    }

    /// <remarks>Beside the upkeep: leases are renewed meanwhile.</remarks>
    private async Task RefreshSafelyAsync(CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        try
        {
            await RefreshAsync(cancellationToken);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // The boundary of this task: nobody waits for it.
            LogBroken(e);
        }

        (_refreshed, _refreshTook) = (_time.GetTimestamp(), _time.GetElapsedTime(began));
    }

    private async Task RefreshAsync(CancellationToken cancellationToken)
    {
        _hasUnread = false;
        var applied = _applied;
        if (await ReadAsync(applied, cancellationToken) is not { } counters)
            return;
        var byBudget = counters.ToLookup(c => c.Budget, StringComparer.Ordinal);
        _counters = applied.ToImmutableDictionary(b => b.Id, b => byBudget[b.Id].ToImmutableArray());
        var spent = await _database.AskAsync(
            ReadSpent, Number(0), row => (Key: row.GetString(0), Spent: row.GetInt64(1)), cancellationToken);
        foreach (var (key, amount) in spent.Rows)
            _spent[key] = amount;
    }

    private async Task CleanAsync(CancellationToken cancellationToken)
    {
        var answer = await _database.AskAsync(
            Clean, Number((long)_options.Retention.TotalSeconds), row => row.GetInt64(0), cancellationToken);
        if (answer.Rows is not [> 0 and var deleted])
            return;
        LogDeleted(deleted);

        // There may be more: the next round goes on, and nobody waits for one long statement.
        _cleaned = 0;
    }

    /// <summary>Says once that the database was lost, and once that it is back.</summary>
    private void Report()
    {
        var failure = _database.Failure;
        if (failure is not null && _reported is null)
            LogLostDatabase(failure);
        else if (failure is null && _reported is not null)
            LogBack();
        _reported = failure;
    }
}
