using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Config;
using Gateway.Server.Stores;

namespace Gateway.Server.Budget.Redis;

/// <content>Where counters stand, as others see them: read again and again, a page at a time, beside all else.</content>
internal sealed partial class RedisSpendStore
{
    // The server does nothing else while it reads a page: these take it about a millisecond. With the pause, many replicas that read very
    // many counters are a small part of its work.
    private const int FieldsOfAPage = 1000;
    private const int NamesOfAPage = 500;

    private static readonly TimeSpan s_pageTurn = TimeSpan.FromMilliseconds(100);

    private readonly Signal _readDue = new();
    private ImmutableDictionary<string, ImmutableArray<BudgetCounter>> _readings =
        ImmutableDictionary<string, ImmutableArray<BudgetCounter>>.Empty;

    /// <remarks>As of the last second; where there are very many, of the last minute.</remarks>
    public ImmutableArray<BudgetCounter> Read(ImmutableArray<BudgetModel> budgets) =>
        [.. budgets.SelectMany(b => _readings.GetValueOrDefault(b.Id, []))];

    public bool HasRead(BudgetModel budget) => _readings.ContainsKey(budget.Id);

    /// <summary>Reads the counters of these budgets, and what keys have spent. False: the store does not answer.</summary>
    public async Task<bool> RefreshAsync(ImmutableArray<BudgetModel> budgets)
    {
        if (await ReadCountersAsync(budgets, TimeSpan.Zero) is not { } read || !await ReadSpentAsync(TimeSpan.Zero))
            return false;
        _readings = _readings.SetItems(read);
        return true;
    }

    /// <summary>Those of all budgets that were applied, and no others any more.</summary>
    private async Task RefreshAppliedAsync()
    {
        if (_epoch is not null && await ReadCountersAsync([.. _applied.Values.Select(a => a.Budget)], s_pageTurn) is { } read)
        {
            _readings = read.ToImmutableDictionary(StringComparer.Ordinal);
            await ReadSpentAsync(s_pageTurn);
        }
    }

    private async Task<Dictionary<string, ImmutableArray<BudgetCounter>>?> ReadCountersAsync(
        ImmutableArray<BudgetModel> budgets, TimeSpan pause)
    {
        var now = _clock.Now;
        var read = new Dictionary<string, ImmutableArray<BudgetCounter>>(StringComparer.Ordinal);
        var open = budgets.Select(b => new CounterReading(b, InForce(b), now)).ToList();
        while (open.Count > 0)
        {
            RespArgument[] arguments = [FieldsOfAPage, .. open.Take(NamesOfAPage).SelectMany(r => r.Question)];
            var reply = await _link.EvaluateAsync(RedisScript.Read, arguments, _options.UpkeepBound);
            if (!reply.IsOk)
                return null;
            foreach (var (reading, page) in open.Zip(reply.List(2)))
            {
                if (reading.Add(page.List!))
                    read[reading.Budget.Id] = reading.Counters;
            }

            open.RemoveAll(r => r.IsWhole);
            if (open.Count > 0 && pause > TimeSpan.Zero)
                await Task.Delay(pause, _time, _stop.Token);
        }

        return read;
    }

    /// <summary>Of all keys: a key asks here what it has spent elsewhere.</summary>
    private async Task<bool> ReadSpentAsync(TimeSpan pause)
    {
        string? cursor = null;
        while (cursor != CounterReading.Ends)
        {
            if (cursor is not null && pause > TimeSpan.Zero)
                await Task.Delay(pause, _time, _stop.Token);
            var reply = await _link.EvaluateAsync(RedisScript.Spent, [cursor ?? CounterReading.Ends, FieldsOfAPage], _options.UpkeepBound);
            if (!reply.IsOk)
                return false;
            cursor = reply.Text(2);
            var flat = reply.List(3);
            for (var i = 0; i + 1 < flat.Length; i += 2)
                _spent[flat[i].Text!] = flat[i + 1].Number;
        }

        return true;
    }
}
