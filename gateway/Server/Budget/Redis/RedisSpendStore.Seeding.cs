using System.Collections.Concurrent;
using System.Collections.Immutable;
using Gateway.Server.Config;
using Gateway.Server.Stores;

namespace Gateway.Server.Budget.Redis;

/// <content>Counters begin: of budgets that come and change, and all of them after a loss.</content>
internal sealed partial class RedisSpendStore
{
    private const int SeedsAtOnce = 500;

    private static readonly TimeSpan s_lockReserve = TimeSpan.FromSeconds(5);

    private readonly IOrderedLedger _ledger;
    private readonly SemaphoreSlim _seeding = new(1);
    private readonly ConcurrentDictionary<string, Applied> _applied = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(WaitingRow Row, WrittenRow Written)> _unsure = new();
    private long _seenSeed;
    private volatile Task _defining = Task.CompletedTask;
    private volatile string? _unfinished;
    private bool _reportedNoSeed;
    private volatile OtherTier? _otherTier;

    /// <remarks>
    /// Off the caller's thread. Of two replicas that want a budget counted in two ways the one that was told last has its way; until it
    /// has, or while the ledger does not answer, both count as before.
    /// </remarks>
    public void Apply(ImmutableArray<BudgetModel> budgets)
    {
        foreach (var budget in budgets)
            Want(budget);
        var wanted = budgets.Select(b => b.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var id in _applied.Keys.Where(id => !wanted.Contains(id)))
            _applied.TryRemove(id, out _);
        _upkeepDue.Set();
        _readDue.Set();
    }

    private void Want(BudgetModel budget)
    {
        var now = _time.GetTimestamp();
        _applied.AddOrUpdate(
            budget.Id,
            _ => new(budget, CounterKind.Of(budget), now, After: 0),
            (_, was) => was.Kind.Definition == budget.CounterDefinition
                ? was with { Budget = budget }
                : new(budget, CounterKind.Of(budget), now, After: was.At));
    }

    /// <summary>
    /// All that was applied, each with its instant by the store's clock, which is not known before its first answer: by our own clock a
    /// later change could seem to be the earlier one.
    /// </summary>
    private List<Applied> Dated()
    {
        foreach (var (id, applied) in _applied.Where(a => a.Value.At == 0))
        {
            var at = StoreClock.Micros(_clock.Now - _time.GetElapsedTime(applied.Told));
            _applied.TryUpdate(id, applied with { At = Math.Max(at, applied.After + 1) }, applied);
        }

        return [.. _applied.Values.Where(a => a.At != 0)];
    }

    /// <summary>Puts in force what was applied here later than what is in force.</summary>
    private async Task DefineAppliedAsync()
    {
        await _seeding.WaitAsync();
        try
        {
            if (_joined is not { } epoch)
                return;
            var reply = await _link.EvaluateAsync(RedisScript.State, [], _options.UpkeepBound);
            if (!reply.IsOk || StoreState.Of(reply) is not { } state || state.Epoch != epoch || state.IsSeeding)
                return;
            var changed = Learn(state);
            if (changed.Count == 0 || !await SeedAsync(epoch, changed, anew: false))
                return;
            foreach (var applied in changed)
            {
                _definitions[applied.Budget.Id] = applied.Kind;
                LogDefined(applied.Budget.Id, applied.Kind.Definition);
            }
        }
        finally
        {
            _seeding.Release();
        }
    }

    /// <summary>Takes over what is in force; returns what is to be put in its place.</summary>
    private List<Applied> Learn(StoreState state)
    {
        var changed = new List<Applied>();
        foreach (var applied in Dated())
        {
            var known = state.Definitions.TryGetValue(applied.Budget.Id, out var inForce);
            if (!known || (inForce.Definition != applied.Kind.Definition && inForce.Applied < applied.At))
                changed.Add(applied);
        }

        foreach (var (budget, inForce) in state.Definitions)
        {
            if (_definitions.GetValueOrDefault(budget)?.Definition != inForce.Definition
                && CounterKind.Parse(inForce.Definition) is { } kind)
                _definitions[budget] = kind;
        }

        return changed;
    }

    /// <summary>All counters, under a new epoch. By one replica at a time; the others see it when they look again.</summary>
    private async ValueTask<bool> RebuildAsync()
    {
        await _seeding.WaitAsync();
        try
        {
            _definitions.Clear();
            var epoch = Guid.CreateVersion7().ToString("N");
            return await SeedAsync(epoch, Dated(), anew: true);
        }
        finally
        {
            _seeding.Release();
        }
    }

    private async ValueTask<bool> SeedAsync(string epoch, IReadOnlyCollection<Applied> budgets, bool anew)
    {
        var token = Guid.CreateVersion7().ToString("N");
        _unfinished = token;
        if (await SeedAsync(token, epoch, budgets, anew))
        {
            _unfinished = null;
            return true;
        }

        await AbortAsync();
        return false;
    }

    /// <summary>Lets others seed. A store that did not hear of it is told again: it would let nobody seed for half a minute.</summary>
    private async ValueTask AbortAsync()
    {
        if (_unfinished is { } token && (await _link.EvaluateAsync(RedisScript.Abort, [token], _options.UpkeepBound)).IsOk)
            _unfinished = null;
    }

    private async ValueTask AbortUnfinishedAsync()
    {
        if (_unfinished is null || !await _seeding.WaitAsync(TimeSpan.Zero))
            return;
        try
        {
            await AbortAsync();
        }
        finally
        {
            _seeding.Release();
        }
    }

    private async ValueTask<bool> SeedAsync(string token, string epoch, IReadOnlyCollection<Applied> budgets, bool anew)
    {
        var now = _clock.Now;
        var targets = budgets.Select(b => new Target(b, b.Kind.At(now))).ToDictionary(t => t.Applied.Budget.Id, StringComparer.Ordinal);
        RespArgument[] begin = [token, (long)(_options.SeedBound + s_lockReserve).TotalMilliseconds];
        if (!anew)
            begin = [.. begin, .. targets.Values.SelectMany(t => t.Name)];
        if (!(await _link.EvaluateAsync(RedisScript.Begin, begin, _options.UpkeepBound)).IsOk)
            return false;
        if (await ReadAsync(targets.Values, anew) is not { } seed || !await WriteAsync(token, seed, targets))
            return false;

        // Where nobody has ever spent anything nobody's calls are missing.
        var patience = seed.SpentByKey.IsEmpty ? TimeSpan.Zero : 2 * _options.CheckInterval;
        RespArgument[] finish =
        [
            token, epoch, _run ?? "", seed.Number, anew ? 1 : 0, StoreClock.Micros(patience), Has(seed.OtherTier),
            .. targets.Values.SelectMany(t => t.Arguments),
        ];
        if (!(await _link.EvaluateAsync(RedisScript.Finish, finish, _options.UpkeepBound)).IsOk)
            return false;
        if (anew)
            LogRebuilt(seed.Counters.Length, budgets.Count, epoch);
        return true;
    }

    /// <summary>What the other tier counted just before a seed may not be in it.</summary>
    private long Has(OtherTier other) => other.Ago >= _options.OtherTierRest ? other.At : Math.Max(other.At - 1, 0);

    /// <summary>
    /// True where the other tier has counted what these counters never will: its replicas were there before or come after. Not after each
    /// of its calls: no call is counted while counters are made anew.
    /// </summary>
    private bool LacksOtherTier(StoreState state) =>
        _otherTier is { } other && other.At > state.OtherTier
        && (other.Ago >= _options.OtherTierRest
            || TimeSpan.FromMicroseconds(other.At - state.OtherTier) >= 10 * _options.OtherTierRest);

    private async Task LookAtOtherTierAsync()
    {
        if (await _ledger.OtherTierAsync(_stop.Token) is { } other)
            _otherTier = other;
    }

    private async ValueTask<LedgerSeed?> ReadAsync(IEnumerable<Target> targets, bool anew)
    {
        using var bound = new CancellationTokenSource(_options.SeedBound, _time);
        LedgerSeed? seed = null;
        try
        {
            seed = await _ledger.SeedAsync([.. targets.Select(t => (t.Applied.Budget, t.Span.Period))], bound.Token);
        }
        catch (OperationCanceledException)
        {
            // No answer.
        }

        if (seed is null && !_reportedNoSeed)
            LogNotSeeded();
        _reportedNoSeed = seed is null;
        if (seed is not null)
            return seed;

        // A budget that nobody has counted in this epoch is new, but for one that was deleted before the epoch began and came back.
        return !anew && targets.All(t => !_definitions.ContainsKey(t.Applied.Budget.Id))
            ? new(0, [], ImmutableDictionary<string, long>.Empty, OtherTier.Never)
            : null;
    }

    private async ValueTask<bool> WriteAsync(string token, LedgerSeed seed, Dictionary<string, Target> targets)
    {
        var counters = seed.Counters.Where(c => targets.ContainsKey(c.Budget)).Select(RespArgument[] (c) =>
        {
            var target = targets[c.Budget];
            return [.. target.Name, target.Span.Expires, c.Key, ReserveCall.Bound(c.Settled), ReserveCall.Bound(c.Overshoot)];
        });
        var keys = seed.SpentByKey.Select(RespArgument[] (k) => ["", "", "", "", k.Key, ReserveCall.Bound(k.Value), ""]);
        foreach (var chunk in counters.Concat(keys).Chunk(SeedsAtOnce))
        {
            var reply = await _link.EvaluateAsync(RedisScript.Seed, [token, .. chunk.SelectMany(c => c)], _options.UpkeepBound);
            if (!reply.IsOk)
                return false;
        }

        return true;
    }

    /// <remarks>It stays in Redis until it is sure to be counted: whoever finds it there asks again.</remarks>
    private void OnWritten(WaitingRow row, WrittenRow? answer)
    {
        if (answer is { } written && (written.LastSeed > Volatile.Read(ref _seenSeed) || !IsCounted(row, written)))
            _unsure.Enqueue((row, written));
        else
            Confirm(row);
        _upkeepDue.Set();
    }

    private void Confirm(WaitingRow row)
    {
        if (row.Name.Length > 0 && _confirmed.Count < MaxConfirmed)
            _confirmed.Enqueue(row.Name);
    }

    private bool IsCounted(WaitingRow row, WrittenRow written)
    {
        if (row.Row.Kind == RowKind.Refused)
            return true;
        if (row.Epoch != _joined || written.Instead is not null)
            return false;
        for (var i = 0; i < row.Definitions.Length; i++)
        {
            if (_definitions.GetValueOrDefault(row.Row.Charges[i].Budget)?.Definition != row.Definitions[i])
                return false;
        }

        return true;
    }

    /// <summary>Counts rows that reached the ledger after counters were seeded from it, in those counters. Nobody may be seeding.</summary>
    private async ValueTask CountLateAsync(string epoch)
    {
        var rows = new List<(WaitingRow Row, WrittenRow Written)>();
        while (rows.Count < SeedsAtOnce && _unsure.TryDequeue(out var row))
            rows.Add(row);
        if (rows.Count == 0)
            return;
        var late = rows.Where(r => !IsCounted(r.Row, r.Written)).ToList();
        RespArgument[] arguments = [epoch, .. late.SelectMany(r => Late(epoch, r.Row, r.Written))];
        if (late.Count > 0 && !(await _link.EvaluateAsync(RedisScript.Late, arguments, _options.UpkeepBound)).IsOk)
        {
            rows.ForEach(_unsure.Enqueue);
            return;
        }

        rows.ForEach(r => Confirm(r.Row));
        Volatile.Write(ref _seenSeed, Math.Max(_seenSeed, rows.Max(r => r.Written.LastSeed)));
    }

    /// <summary>What the ledger has of a row and counters have not.</summary>
    private List<RespArgument> Late(string epoch, WaitingRow waiting, WrittenRow written)
    {
        var row = written.Instead ?? waiting.Row;
        var charges = new List<RespArgument>();
        var count = 0;
        foreach (var charge in row.Charges)
        {
            if (_definitions.GetValueOrDefault(charge.Budget) is not { } kind)
                continue;
            var counted = waiting.CountedIn(epoch, charge.Budget, kind.Definition);
            if (counted is not null && written.Instead is null)
                continue;
            var span = kind.At(row.StartedAt);
            var amount = kind.Unit == charge.Unit ? charge.Amount : kind.Amount(row.CostNanos, row.Tokens);
            var overshoot = kind.Unit == charge.Unit ? charge.Overshoot : 0;
            charges.AddRange(
            [
                charge.Budget, kind.Definition, span.Start, span.Expires, kind.Field(row.Key), amount - (counted?.Amount ?? 0),
                overshoot - (counted?.Overshoot ?? 0),
            ]);
            count++;
        }

        var spent = row.CostNanos - (waiting.Epoch == epoch ? waiting.Row.CostNanos : 0);
        return [waiting.Name, written.LastSeed, row.Key, spent, count, .. charges];
    }

    /// <summary>A budget as this replica was told of it.</summary>
    /// <param name="Budget">With the limit that it has now.</param>
    /// <param name="Kind">How it is to be counted.</param>
    /// <param name="Told">When it was of this definition, as a timestamp of this process.</param>
    /// <param name="After">The instant of the definition before it.</param>
    /// <param name="At">The instant by the store's clock, in microseconds since 1970; 0 until it is known.</param>
    private sealed record Applied(BudgetModel Budget, CounterKind Kind, long Told, long After, long At = 0);

    /// <summary>Counters that are to be seeded.</summary>
    private sealed record Target(Applied Applied, CounterKind.Span Span)
    {
        public RespArgument[] Name => [Applied.Budget.Id, Applied.Kind.Definition, Span.Start];

        public RespArgument[] Arguments =>
        [
            Applied.Budget.Id, Applied.Kind.Definition, Applied.At, Span.Start, Span.Expires, Applied.Kind.PerKey ? 1 : 0,
            Applied.Kind.UnitText,
        ];
    }
}
