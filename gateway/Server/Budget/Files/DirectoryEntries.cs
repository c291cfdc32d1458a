using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Server.Budget.Files;

/// <summary>
/// A new file survives a power failure only when its entry in the directory is on the disk too:
/// https://man7.org/linux/man-pages/man2/fsync.2.html. .NET opens no directories, so the one call that does is made here.
/// </summary>
internal static class DirectoryEntries
{
    private const int ReadOnlyCloseOnExec = 0x80000;

    /// <summary>On Linux only. A file system that knows no such thing is no failure.</summary>
    /// <exception cref="IOException">The directory cannot be read, or the disk failed.</exception>
    public static void Sync(string directory)
    {
        if (!OperatingSystem.IsLinux())
            return;
        using var handle = new SafeFileHandle(Open(directory, ReadOnlyCloseOnExec), ownsHandle: true);
        if (handle.IsInvalid)
            throw new IOException($"Could not open the directory `{directory}`: {Marshal.GetLastPInvokeErrorMessage()}");
        RandomAccess.FlushToDisk(handle);
    }

    [DllImport("libc", EntryPoint = "open", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Open([MarshalAs(UnmanagedType.LPUTF8Str)] string path, int flags);
}
