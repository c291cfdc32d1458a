namespace Operator.Standalone.Manifests;

/// <summary>
/// Tells when the folder has changed: by the file system's word where it gives one, and by a look each second, because network and
/// container file systems often do not.
/// </summary>
internal sealed class FolderWatch : IDisposable
{
    /// <summary>An editor's save is several events: it writes beside, renames, sets the mode.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(80);

    private static readonly TimeSpan s_look = TimeSpan.FromSeconds(1);

    private readonly ManifestFolder _folder;
    private readonly FileSystemWatcher? _watcher;
    private readonly ITimer _settled;
    private readonly ITimer _looks;
    private string _stamp;

    /// <summary><paramref name="changed"/> is called from any thread, also when nothing of importance has changed.</summary>
    public FolderWatch(string path, ManifestFolder folder, TimeProvider time, Action changed)
    {
        _folder = folder;
        _stamp = folder.Stamp();
        _settled = time.CreateTimer(_ => changed(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _looks = time.CreateTimer(_ => Look(), null, s_look, s_look);
        _watcher = Watch(path);
    }

    public void Dispose()
    {
        _watcher?.Dispose();
        _looks.Dispose();
        _settled.Dispose();
    }

    private void Look()
    {
        var stamp = _folder.Stamp();
        if (stamp == Interlocked.Exchange(ref _stamp, stamp))
            return;
        Settle();
    }

    private void Settle() => _settled.Change(s_settle, Timeout.InfiniteTimeSpan);

    private FileSystemWatcher? Watch(string path)
    {
        try
        {
            var watcher = new FileSystemWatcher(path);
            watcher.Changed += (_, _) => Settle();
            watcher.Created += (_, _) => Settle();
            watcher.Deleted += (_, _) => Settle();
            watcher.Renamed += (_, _) => Settle();
            watcher.EnableRaisingEvents = true;
            return watcher;
        }
        catch (Exception e) when (e is IOException or ArgumentException)
        {
            // No watches left on this machine, or no such folder yet: the looks do it alone.
            return null;
        }
    }
}
