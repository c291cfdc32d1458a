using System.Diagnostics;

namespace Support;

/// <summary>A file system of its own that is soon full. Where mounting is not permitted the test is to be skipped.</summary>
public sealed class SmallDisk : IDisposable
{
    private readonly DirectoryInfo _folder;

    private SmallDisk(DirectoryInfo folder) => _folder = folder;

    /// <summary>Where it is mounted.</summary>
    public string Path => _folder.FullName;

    private string Filler => System.IO.Path.Combine(Path, "filler");

    /// <summary>Null: it cannot be mounted, and why not.</summary>
    public static (SmallDisk? Disk, string Problem) Mount(int kibibytes)
    {
        var folder = Directory.CreateTempSubdirectory("disk-");
        var problem = OperatingSystem.IsLinux()
            ? Run("mount", "-t", "tmpfs", "-o", $"size={kibibytes}k", "tmpfs", folder.FullName)
            : "there is no tmpfs here";
        if (problem.Length == 0)
            return (new(folder), "");
        folder.Delete();
        return (null, $"a small disk cannot be mounted: {problem}");
    }

    /// <summary>Takes all the room that is left.</summary>
    public void Fill()
    {
        using var file = File.OpenWrite(Filler);
        file.Seek(0, SeekOrigin.End);
        var block = new byte[4096];
        try
        {
            while (true)
            {
                file.Write(block);
                file.Flush();
            }
        }
        catch (IOException)
        {
            // It is full.
        }
    }

    /// <summary>Gives that room back.</summary>
    public void Free() => File.Delete(Filler);

    /// <summary>From here on it can only be read. While files are open for writing the system refuses that.</summary>
    public void MakeReadOnly()
    {
        if (Run("mount", "-o", "remount,ro", Path) is { Length: > 0 } problem)
            throw new InvalidOperationException(problem);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Run("umount", "-l", Path);
        _folder.Delete();
    }

    private static string Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, UseShellExecute = false });
        if (process is null)
            return $"{program} did not start";
        var error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? "" : error.Trim();
    }
}
