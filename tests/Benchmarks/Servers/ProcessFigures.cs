using System.ComponentModel;
using System.Globalization;
using System.Runtime.InteropServices;

namespace Benchmarks.Servers;

/// <summary>What the kernel counts for a process that runs.</summary>
internal static class ProcessFigures
{
    /// <summary>User and system time of all its threads so far.</summary>
    public static TimeSpan ProcessorTime(int pid)
    {
        // The clock of a process: CPUCLOCK_SCHED of https://github.com/torvalds/linux/blob/master/include/linux/posix-timers_types.h
        const int Scheduled = 2;
        if (GetTime((~pid << 3) | Scheduled, out var time) != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
        return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromMicroseconds(time.Nanos / 1000.0);
    }

    /// <summary>User and system time so far of its threads of that name, in ticks of 10 ms; those that have ended do not count.</summary>
    public static TimeSpan ThreadTime(int pid, string name) => Directory.GetDirectories($"/proc/{pid}/task")
        .Select(ThreadStat)
        .Where(s => s.Contains($"({name})", StringComparison.Ordinal))
        .Select(s => s[(s.LastIndexOf(')') + 2)..].Split(' '))
        .Aggregate(TimeSpan.Zero, (sum, fields) => sum + Ticks(fields[11]) + Ticks(fields[12]));

    /// <summary>In RAM now, in MiB.</summary>
    public static double ResidentMiB(int pid) => Status(pid, "VmRSS:") / 1024.0;

    /// <summary>The most that was ever in RAM, in MiB.</summary>
    public static double PeakResidentMiB(int pid) => Status(pid, "VmHWM:") / 1024.0;

    /// <summary>Empty: it has ended. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html</summary>
    private static string ThreadStat(string folder)
    {
        try
        {
            return File.ReadAllText(folder + "/stat");
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static TimeSpan Ticks(string count) => TimeSpan.FromMilliseconds(10 * long.Parse(count, CultureInfo.InvariantCulture));

    private static long Status(int pid, string name)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture);
    }

    [DllImport("libc", EntryPoint = "clock_gettime", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.System32)]
    private static extern int GetTime(int clock, out Timespec time);

    private readonly record struct Timespec(long Seconds, long Nanos);
}
