namespace Gateway.Server.Hosting;

/// <summary>
/// A small file that somebody else replaces now and then: a token, a certificate. It is read anew each time, because a mounted Secret
/// changes behind two symbolic links, where no time stamp tells. While it cannot be read, its last text holds.
/// </summary>
internal sealed partial class FileText(string path, ILogger<FileText> logger)
{
    private volatile string? _last;
    private volatile bool _isFailing;

    public string Path => path;

    /// <summary>Null when it could never be read.</summary>
    public string? Read()
    {
        try
        {
            _last = File.ReadAllText(path);
            _isFailing = false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (!_isFailing)
                LogUnreadable(path, e.Message);
            _isFailing = true;
        }

        return _last;
    }

    [LoggerMessage(310, LogLevel.Error, "Could not read {Path}; what it said last holds: {Reason}")]
    private partial void LogUnreadable(string path, string reason);
}
