namespace Gateway.Server.Budget.Redis;

/// <content>Log messages, events 250 to 299.</content>
internal sealed partial class RedisSpendStore
{
    [LoggerMessage(250, LogLevel.Warning, "Counters in Redis cannot be moved now: {Reason}")]
    private partial void LogSuspended(string reason);

    [LoggerMessage(251, LogLevel.Information, "Counters in Redis are moved, in epoch {Epoch}; {LiveCalls} calls are live here")]
    private partial void LogResumed(string epoch, int liveCalls);

    [LoggerMessage(
        252, LogLevel.Warning, "Counters in Redis were seeded anew from the ledger, {Counters} of {Budgets} budgets, as epoch {Epoch}")]
    private partial void LogRebuilt(int counters, int budgets, string epoch);

    [LoggerMessage(253, LogLevel.Error, "The ledger does not answer, so counters cannot be seeded; it is tried again")]
    private partial void LogNotSeeded();

    [LoggerMessage(254, LogLevel.Information, "Budget {Budget} is counted as {Definition}, from the ledger")]
    private partial void LogDefined(string budget, string definition);

    [LoggerMessage(
        255, LogLevel.Warning, "{Count} calls of replicas that do not answer for them were given up; what they had accrued is charged")]
    private partial void LogAbandoned(long count);

    [LoggerMessage(256, LogLevel.Error, "Row {Row} in Redis cannot be read; it stays there")]
    private partial void LogBadRow(string row);

    [LoggerMessage(257, LogLevel.Error, "Upkeep of the counters in Redis failed; it is tried again")]
    private partial void LogUpkeepFailed(Exception exception);

    [LoggerMessage(258, LogLevel.Warning, "The ledger takes no rows; {Count} wait")]
    private partial void LogLedgerFails(long count);
}
