using System.Buffers;
using System.Collections.Concurrent;
using System.Text.Json;
using Gateway.Server.Config;

namespace Gateway.Server.Budget.Postgres;

/// <summary>
/// Has counters made that are missing: all that wait go together in one statement, and while one is under way the next one fills. A budget
/// with much to add up, or that somebody else is at, is left to a second statement, one such budget after the other.
/// </summary>
internal sealed partial class CounterSeeds
{
    private const string Statement = "select * from llm_gateway.seed_v1($1, $2)";

    // For whoever counts in a budget now to have ended; who makes its counters in another replica takes longer.
    private static readonly TimeSpan s_wait = TimeSpan.FromMilliseconds(300);

    private readonly LedgerDatabase _database;
    private readonly PostgresSpendOptions _options;
    private readonly ILogger _logger;
    private readonly Batcher<PendingSeed> _quick;
    private readonly Batcher<PendingSeed> _long;
    private readonly ConcurrentDictionary<string, bool> _longBudgets = new(StringComparer.Ordinal);

    public CounterSeeds(LedgerDatabase database, PostgresSpendOptions options, ILogger logger)
    {
        (_database, _options, _logger) = (database, options, logger);
        _quick = new(options.MaxBatch, SendQuickAsync);
        _long = new(options.MaxBatch, SendLongAsync);
    }

    /// <summary>True where counters of the call are being made that take long: nobody can count in their budgets until then.</summary>
    public bool AreLong(PendingReserve call) => !_longBudgets.IsEmpty && call.Holds.Any(hold => _longBudgets.ContainsKey(hold.Budget.Id));

    /// <summary>Ends once all of the call's counters are there. False: the database did not make them.</summary>
    public async Task<bool> MakeAsync(PendingReserve call)
    {
        var made = new List<Task<bool>>(call.Holds.Length);
        foreach (var hold in call.Holds)
        {
            var seed = new PendingSeed(hold.Budget, hold.Budget.PerKey ? call.Request.KeyId : "", hold.Period);
            made.Add(seed.Made.Task);
            (_longBudgets.ContainsKey(hold.Budget.Id) ? _long : _quick).Add(seed);
        }

        return Array.TrueForAll(await Task.WhenAll(made), isMade => isMade);
    }

    private async Task SendQuickAsync(List<PendingSeed> seeds)
    {
        var answer = await AskAsync(seeds, isPatient: false, s_wait, 2 * _options.Bound);
        if (answer.Fault == DatabaseFault.Refused && seeds.Count > 1)
        {
            // Which one is not taken is not known: the others must not suffer.
            foreach (var seed in seeds)
                await SendQuickAsync([seed]);
            return;
        }

        foreach (var budget in answer.Rows)
            _longBudgets[budget] = true;
        foreach (var seed in seeds)
        {
            if (_longBudgets.ContainsKey(seed.Budget.Id))
                _long.Add(seed);
            else
                seed.Made.TrySetResult(answer.Fault == DatabaseFault.None);
        }
    }

    private async Task SendLongAsync(List<PendingSeed> seeds)
    {
        foreach (var budget in seeds.GroupBy(seed => seed.Budget.Id, StringComparer.Ordinal))
        {
            // Who waits for a lock in Postgres is gone before its connection is.
            var answer = await AskAsync([.. budget], isPatient: true, _options.SeedBound * 0.8, _options.SeedBound);
            _longBudgets.TryRemove(budget.Key, out _);
            foreach (var seed in budget)
                seed.Made.TrySetResult(answer.Fault == DatabaseFault.None);
        }
    }

    private async Task<DatabaseAnswer<string>> AskAsync(List<PendingSeed> seeds, bool isPatient, TimeSpan wait, TimeSpan bound)
    {
        try
        {
            var answer = await _database.AskAtLengthAsync(
                Statement, Document(seeds, isPatient, wait), row => row.GetString(0), bound, CancellationToken.None);
            if (answer.Fault == DatabaseFault.Refused)
                LogRefused(answer.Reason!);
            return answer;
        }
        catch (Exception e)
        {
            // The boundary of what was handed over to this statement: without it calls would wait for ever.
            LogBroken(e);
            return new([], DatabaseFault.Unavailable);
        }
    }

    private static ReadOnlyMemory<byte> Document(List<PendingSeed> seeds, bool isPatient, TimeSpan wait)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, LedgerJson.Writing))
        {
            json.WriteStartObject();
            json.WriteBoolean("patient", isPatient);
            json.WriteNumber("wait", (long)wait.TotalMilliseconds);
            json.WriteStartArray("counters");
            foreach (var seed in seeds)
            {
                json.WriteStartObject();
                json.WriteString("key", seed.Key);
                PostgresHold.WriteCounter(json, seed.Budget, seed.Period);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        return LedgerJson.WithoutZeros(buffer);
    }

    [LoggerMessage(255, LogLevel.Error, "Postgres does not make counters, and their calls follow the failure mode: {Reason}")]
    private partial void LogRefused(string reason);

    [LoggerMessage(258, LogLevel.Error, "Making counters failed in an unforeseen way")]
    private partial void LogBroken(Exception exception);

    /// <summary>A counter to be made; its key is empty where all count together.</summary>
    private sealed record PendingSeed(BudgetModel Budget, string Key, Period Period)
    {
        /// <summary>False: the database did not make it.</summary>
        public TaskCompletionSource<bool> Made { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
