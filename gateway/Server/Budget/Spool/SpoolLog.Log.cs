namespace Gateway.Server.Budget.Spool;

/// <content>Log messages, events 290 to 296.</content>
internal sealed partial class SpoolLog<T>
{
    [LoggerMessage(290, LogLevel.Error, "What waits for a database cannot be written to the volume, and waits in memory: {Reason}")]
    private partial void LogFails(string reason);

    [LoggerMessage(291, LogLevel.Information, "What waits for a database is written to {Path} again")]
    private partial void LogWritesAgain(string path);

    [LoggerMessage(
        292, LogLevel.Error, "A line that ends at byte {Offset} of {Path} cannot be read and is lost; the file is kept beside as damaged")]
    private partial void LogDamaged(string path, long offset);

    [LoggerMessage(293, LogLevel.Error, "{Path} cannot be read: {Reason}")]
    private partial void LogUnreadable(string path, string reason);

    [LoggerMessage(294, LogLevel.Warning, "The last {Bytes} bytes of {Path} were torn by a crash and cut off")]
    private partial void LogTornTail(string path, long bytes);

    [LoggerMessage(295, LogLevel.Error, "What waits for a database cannot be read from the volume now, and stays there: {Reason}")]
    private partial void LogCannotRead(string reason);

    [LoggerMessage(296, LogLevel.Error, "Something that waits for a database cannot be written to the volume, and is lost")]
    private partial void LogCannotWrite(Exception exception);
}
