namespace Gateway.Server.Config;

/// <summary>
/// The copy of the last accepted snapshot on disk, byte by byte as it was pushed. It holds credentials: only we may read it.
/// </summary>
internal sealed class LastGoodFile(string stateDirectory)
{
    private readonly string _temporary = System.IO.Path.Combine(stateDirectory, "last-good.json.tmp");

    public string Path { get; } = System.IO.Path.Combine(stateDirectory, "last-good.json");

    /// <summary>Null when there is none. Throws <see cref="IOException"/> or <see cref="UnauthorizedAccessException"/>.</summary>
    public byte[]? Read() => File.Exists(Path) ? File.ReadAllBytes(Path) : null;

    /// <summary>All or nothing: a reader sees the former copy or this one, also after a crash. Throws as <see cref="Read"/> does.</summary>
    public void Write(ReadOnlySpan<byte> json)
    {
        // A left-over of a crash may have another mode, which opening it would not change.
        File.Delete(_temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using (var file = new FileStream(_temporary, options))
        {
            file.Write(json);
            file.Flush(flushToDisk: true);
        }

        File.Move(_temporary, Path, overwrite: true);
    }
}
