using System.Text.Json.Serialization.Metadata;
using Gateway.Server.Budget.Files;

namespace Gateway.Server.Budget.Spool;

/// <summary>The folder on the pod's volume where a store's backlogs are while a database takes nothing.</summary>
internal sealed partial class SpoolFolder : IDisposable
{
    private const long MiB = 1024 * 1024;

    private readonly SpoolOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly string? _directory;
    private readonly DirectoryLock? _lock;
    private readonly List<IBacklog> _backlogs = [];
    private FormerSessions? _sessions;
    private Heartbeat? _heartbeat;

    private SpoolFolder(string? directory, DirectoryLock? taken, SpoolOptions options, TimeProvider time, ILogger logger) =>
        (_directory, _lock, _options, _time, _logger) = (directory, taken, options, time, logger);

    /// <summary>
    /// Takes the folder over; it is made where there is none. One that cannot be used is reported, and what waits is then kept in memory.
    /// </summary>
    /// <exception cref="DirectoryInUseException">Another process has it.</exception>
    public static SpoolFolder Open(string directory, SpoolOptions options, TimeProvider time, ILogger<SpoolFolder> logger)
    {
        try
        {
            return new(directory, DirectoryLock.Take(directory), options, time, logger);
        }
        catch (Exception e) when (e is IOException and not DirectoryInUseException or UnauthorizedAccessException)
        {
            var spool = new SpoolFolder(null, null, options, time, logger);
            spool.LogUnusable(directory, e.Message);
            return spool;
        }
    }

    /// <summary>What waits is kept in memory only.</summary>
    public static SpoolFolder InMemory(SpoolOptions options, TimeProvider time, ILogger<SpoolFolder> logger) =>
        new(null, null, options, time, logger);

    /// <summary>A backlog, with what a process before has left in it. Before <see cref="Start"/>.</summary>
    /// <param name="name">Of its files.</param>
    /// <param name="shape">Of its batches.</param>
    /// <param name="type">Of its lines.</param>
    public Backlog<T> Backlog<T>(string name, BacklogShape shape, JsonTypeInfo<SpoolLine<T>> type)
    {
        var backlog = new Backlog<T>(Log(name, type), shape, _options, _time);
        if (backlog.Count > 0)
            LogFound(backlog.Count, name);
        _backlogs.Add(backlog);
        return backlog;
    }

    /// <summary>Of processes that had this folder before.</summary>
    /// <param name="own">The id of this process in a database.</param>
    public FormerSessions Sessions(string own) => _sessions = FormerSessions.Read(_directory, own);

    /// <summary>From here on what waits for too long is brought to the volume; without it only when <see cref="Beat"/> is called.</summary>
    public void Start()
    {
        if (_directory is null)
            return;
        WarnIfTooLarge(_directory);
        _heartbeat = new(_time, _options.SyncInterval, BeatSafely);
    }

    /// <summary>One round of all that is in the folder.</summary>
    public void Beat()
    {
        _backlogs.ForEach(b => b.Beat());
        _sessions?.Save();
    }

    /// <summary>
    /// Brings all that waits to the volume and lets go of it. What cannot be brought there is lost, and said; so it is for a volume that
    /// hangs, after <see cref="SpoolOptions.CloseBound"/>. Should it go on before the process has ended, so does this.
    /// </summary>
    public void Dispose()
    {
        if (!Task.Run(Close).Wait(_options.CloseBound))
            LogHangs(_options.CloseBound.TotalSeconds, _backlogs.Sum(b => b.InMemory));
    }

    /// <summary>Ends without a word, as a process does that is killed.</summary>
    internal void Kill()
    {
        _heartbeat?.Dispose();
        _backlogs.ForEach(b => b.Abandon());
        _lock?.Dispose();
    }

    private void Close()
    {
        _heartbeat?.Dispose();
        if (_backlogs.Sum(b => b.Close()) is > 0 and var lost)
            LogLost(lost);
        _lock?.Dispose();
    }

    /// <summary>What is free changes, and what does not fit waits in memory: so it is said, and nothing else is done.</summary>
    private void WarnIfTooLarge(string directory)
    {
        try
        {
            var folder = new DirectoryInfo(directory);
            var needed = (_backlogs.Count * _options.MaxBytes) - folder.EnumerateFiles("*.jsonl").Sum(f => f.Length);
            var free = new DriveInfo(OperatingSystem.IsWindows() ? folder.Root.FullName : folder.FullName).AvailableFreeSpace;
            if (free < needed)
                LogTooLarge(needed / MiB, directory, free / MiB);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The volume says that it cannot be used as soon as something has to wait in it.
        }
    }

    private SpoolLog<T>? Log<T>(string name, JsonTypeInfo<SpoolLine<T>> type)
    {
        if (_directory is null)
            return null;
        try
        {
            return new(_directory, name, type, _options, _logger);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnusable(_directory, e.Message);
            return null;
        }
    }

    private void BeatSafely()
    {
        try
        {
            Beat();
        }
        catch (Exception e)
        {
            // The boundary of this thread: without it nothing would be brought to the volume from here on.
            LogBroken(e);
        }
    }

    [LoggerMessage(280, LogLevel.Error, "What waits for a database cannot be kept in {Directory}, only in memory: {Reason}")]
    private partial void LogUnusable(string directory, string reason);

    [LoggerMessage(281, LogLevel.Warning, "{Count} {Name} of the process before wait on the volume, and are delivered now")]
    private partial void LogFound(long count, string name);

    [LoggerMessage(
        282, LogLevel.Error, "{Count} records for the ledger could neither be delivered nor written to the volume, and are lost")]
    private partial void LogLost(long count);

    [LoggerMessage(283, LogLevel.Error, "Writing to the volume what waits for a database failed in an unforeseen way")]
    private partial void LogBroken(Exception exception);

    [LoggerMessage(
        284, LogLevel.Error,
        "The volume hangs, and closing does not wait for it beyond {Seconds} s: {Count} records are in memory alone, and are lost")]
    private partial void LogHangs(double seconds, long count);

    [LoggerMessage(
        285, LogLevel.Warning,
        "{Needed} MiB more may wait for a database in {Directory}, and its volume has {Free} MiB free: in a long outage it will be full before")]
    private partial void LogTooLarge(long needed, string directory, long free);
}
