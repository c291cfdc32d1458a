namespace Gateway.Server.Budget.Embedded;

/// <content>Log messages, events 200 to 249.</content>
internal sealed partial class EmbeddedSpendStore
{
    [LoggerMessage(200, LogLevel.Information, "Spend journal goes on in {Path}, after call {LastNumber}")]
    private partial void LogOpened(string path, long lastNumber);

    [LoggerMessage(201, LogLevel.Error, "Spend journal {Path} line {LineNumber} cannot be read and was skipped")]
    private partial void LogBadLine(string path, int lineNumber);

    [LoggerMessage(
        202, LogLevel.Warning, "Spend journal {Path} ends in {TornBytes} bytes that were never written in full; they were cut off")]
    private partial void LogTornTail(string path, long tornBytes);

    [LoggerMessage(203, LogLevel.Warning, "Call {CallId} of key {Key} was lost sight of; what it had accrued is charged")]
    private partial void LogAbandoned(string callId, string key);

    [LoggerMessage(204, LogLevel.Error, "Spend journal cannot be written: {Failure}")]
    private partial void LogJournalFails(string failure);

    [LoggerMessage(205, LogLevel.Information, "Spend journal can be written again; {LostLines} lines were lost since the start")]
    private partial void LogJournalWorks(long lostLines);

    [LoggerMessage(206, LogLevel.Error, "Spend journal cannot begin another segment after {Segment}; it goes on in that one")]
    private partial void LogRotateFailed(long segment);

    [LoggerMessage(207, LogLevel.Information, "Budget {Budget} is counted anew, from the ledger, as {Definition}")]
    private partial void LogRedefined(string budget, string definition);

    [LoggerMessage(208, LogLevel.Information, "{Count} segments of the spend journal were past their retention and deleted")]
    private partial void LogDeleted(int count);

    [LoggerMessage(209, LogLevel.Error, "Upkeep of the spend journal failed; it is tried again")]
    private partial void LogUpkeepFailed(Exception exception);

    [LoggerMessage(210, LogLevel.Error, "Spend journal cannot be read, so changed budgets are counted as before for now: {Reason}")]
    private partial void LogNotRedefined(string reason);
}
