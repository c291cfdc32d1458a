using System.Collections.Immutable;

namespace Gateway.Server.Budget.Spool;

/// <summary>
/// Processes that have used this folder and are gone, since it has one user at a time: what they held in a database can be given up at
/// once, and need not wait for the end of its lease.
/// </summary>
/// <remarks>Without it leases end all the same, only later: so nothing is synced, and a file that cannot be used is no failure.</remarks>
internal sealed class FormerSessions
{
    private const string FileName = "sessions";

    // A process that never gets to a database and always starts anew must not leave ever more of them.
    private const int Max = 32;

    private readonly string? _path;
    private readonly string _own;

    private volatile bool _isForgotten;

    private FormerSessions(string? path, string own) => (_path, _own) = (path, own);

    /// <summary>Their ids, until <see cref="Forget"/>.</summary>
    public ImmutableArray<string> Ids { get; private set; } = [];

    /// <summary>Reads who was there, and leaves <paramref name="own"/> for who comes after.</summary>
    /// <param name="directory">The spool's, whose lock is held; null: there is none.</param>
    /// <param name="own">The id of this process, a line of its own.</param>
    public static FormerSessions Read(string? directory, string own)
    {
        var sessions = new FormerSessions(directory is null ? null : Path.Combine(directory, FileName), own);
        if (sessions._path is { } path && File.Exists(path))
            Try(() => sessions.Ids = [.. File.ReadLines(path).Where(l => l.Length == own.Length).TakeLast(Max)]);
        sessions.Write();
        return sessions;
    }

    /// <summary>What they held is given up. The folder knows it after <see cref="Save"/>.</summary>
    public void Forget()
    {
        Ids = [];
        _isForgotten = true;
    }

    /// <summary>Writes what was forgotten since. To be called where a volume that hangs may be waited for.</summary>
    public void Save()
    {
        if (!_isForgotten)
            return;
        _isForgotten = false;
        Write();
    }

    private void Write() => Try(() =>
    {
        if (_path is not null)
            File.WriteAllLines(_path, [.. Ids, _own]);
    });

    private static void Try(Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The folder says that it cannot be used as soon as something has to wait in it.
        }
    }
}
