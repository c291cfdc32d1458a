namespace Gateway.Server.Budget.Postgres;

/// <content>Log messages, events 250 to 252, 254, 256 and 257.</content>
internal sealed partial class PostgresSpendStore
{
    [LoggerMessage(250, LogLevel.Error, "The spend database cannot be used: {Reason}")]
    private partial void LogLostDatabase(string reason);

    [LoggerMessage(251, LogLevel.Information, "The spend database can be used again")]
    private partial void LogBack();

    [LoggerMessage(252, LogLevel.Warning, "Call {CallId} of key {Key} was lost sight of; what it had accrued is charged")]
    private partial void LogAbandoned(string callId, string key);

    [LoggerMessage(254, LogLevel.Error, "Postgres does not take a batch of calls, which follow the failure mode: {Reason}")]
    private partial void LogReserveRefused(string reason);

    [LoggerMessage(256, LogLevel.Information, "{Count} rows of the ledger were past their retention and deleted")]
    private partial void LogDeleted(long count);

    [LoggerMessage(257, LogLevel.Error, "A statement for the spend database failed in an unforeseen way")]
    private partial void LogBroken(Exception exception);
}
