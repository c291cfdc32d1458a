namespace Gateway.Server.Budget.Files;

/// <summary>Makes sure that the logs of a directory have one writer. The lock goes with the process, however that ends.</summary>
internal sealed class DirectoryLock : IDisposable
{
    private const string FileName = "ledger.lock";

    // EWOULDBLOCK of Linux and of macOS, and what Windows says of a file that is open elsewhere.
    private static readonly int[] s_taken = [11, 35, unchecked((int)0x80070020)];

    private readonly FileStream _file;

    private DirectoryLock(FileStream file) => _file = file;

    /// <summary>Creates the directory where there is none.</summary>
    /// <exception cref="DirectoryInUseException">Another process has it.</exception>
    /// <exception cref="IOException">It cannot be written to.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written to.</exception>
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
        catch (IOException e) when (s_taken.Contains(e.HResult))
        {
            throw new DirectoryInUseException(
                $"The state directory `{directory}` cannot be locked: another gateway process is using it. Each gateway needs its own.", e);
        }
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>Another process writes to the directory.</summary>
internal sealed class DirectoryInUseException(string message, Exception inner) : IOException(message, inner);
