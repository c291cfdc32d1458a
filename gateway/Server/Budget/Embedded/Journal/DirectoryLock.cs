namespace Gateway.Server.Budget.Embedded.Journal;

/// <summary>Makes sure that a journal has one writer. The lock goes with the process, however that ends.</summary>
internal sealed class DirectoryLock : IDisposable
{
    private const string FileName = "ledger.lock";

    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <summary>Creates the directory where there is none.</summary>
    /// <exception cref="IOException">Another process has it, or it cannot be written to.</exception>
    public static DirectoryLock Take(string directory)
    {
        // What was spent and by whom is for the gateway's own user alone.
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(directory);
        else
            Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var path = Path.Combine(directory, FileName);
        try
        {
            return new(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e) when (e is not (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new IOException(
                $"The state directory `{directory}` cannot be locked: another gateway process is using it. Each gateway needs its own.", e);
        }
    }

    public void Dispose() => _file.Dispose();
}
