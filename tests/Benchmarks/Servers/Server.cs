using System.Diagnostics;
using System.Globalization;

namespace Benchmarks.Servers;

/// <summary>A server in a process of its own, with its children.</summary>
internal abstract class Server : IDisposable
{
    /// <summary>Kernel ticks a second, as <c>getconf CLK_TCK</c> tells on every Linux.</summary>
    private const double TicksPerSecond = 100;

    protected Server(Process process) => Process = process;

    public abstract string Name { get; }

    public abstract int Port { get; }

    protected Process Process { get; }

    /// <summary>The path at which a chat reaches the upstream's answer of that name.</summary>
    public virtual string Path(string answer) => $"/{answer}/v1/chat/completions";

    /// <summary>User and system time of all its processes so far.</summary>
    public TimeSpan ProcessorTime => TimeSpan.FromSeconds(Tree().Sum(Ticks) / TicksPerSecond);

    /// <summary>Resident memory of all its processes, in MiB.</summary>
    public double ResidentMiB => Tree().Sum(pid => Status(pid, "VmRSS:")) / 1024.0;

    /// <summary>The most that was ever resident, in MiB.</summary>
    public double PeakResidentMiB => Tree().Sum(pid => Status(pid, "VmHWM:")) / 1024.0;

    public virtual void Dispose()
    {
        Process.Kill(entireProcessTree: true);
        Process.WaitForExit();
        Process.Dispose();
    }

    protected static Process Start(ProcessStartInfo start)
    {
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        return Process.Start(start)!;
    }

    private IEnumerable<int> Tree()
    {
        var children = File.ReadAllText($"/proc/{Process.Id}/task/{Process.Id}/children");
        return children.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(c => int.Parse(c, CultureInfo.InvariantCulture))
            .Prepend(Process.Id);
    }

    private static long Ticks(int pid)
    {
        // The command's name stands in parentheses and may hold anything; utime and stime are fields 14 and 15.
        var text = File.ReadAllText($"/proc/{pid}/stat");
        var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
        return long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture);
    }

    private static long Status(int pid, string name)
    {
        var line = File.ReadLines($"/proc/{pid}/status").First(l => l.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.AsSpan(name.Length).Trim().ToString().Split(' ')[0], CultureInfo.InvariantCulture);
    }
}
