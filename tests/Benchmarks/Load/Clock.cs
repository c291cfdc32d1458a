using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Benchmarks.Load;

/// <summary>Waits to a point in time as exactly as the kernel can: the runtime's own sleeps are rounded to milliseconds.</summary>
internal static class Clock
{
    private const int Monotonic = 1;
    private const int Absolute = 1;
    private const int Interrupted = 4;
    private const long NanosPerSecond = 1_000_000_000;

    /// <summary>Nanoseconds since some start.</summary>
    public static long Now => Stopwatch.GetTimestamp();

    public static void WaitUntil(long nanos)
    {
        var due = new Timespec(nanos / NanosPerSecond, nanos % NanosPerSecond);
        int error;
        do
            error = Sleep(Monotonic, Absolute, in due, 0);
        while (error == Interrupted);
        if (error != 0)
            throw new Win32Exception(error);
    }

    public static long Milliseconds(double count) => (long)(count * 1_000_000);

    public static long Seconds(double count) => (long)(count * NanosPerSecond);

    [DllImport("libc", EntryPoint = "clock_nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int Sleep(int clock, int flags, in Timespec due, nint rest);

    private readonly record struct Timespec(long Seconds, long Nanos);
}
