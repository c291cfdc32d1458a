using System.Diagnostics;
using System.Globalization;

namespace Benchmarks.Servers;

/// <summary>A server in a process of its own, with its children.</summary>
internal abstract class Server : IDisposable
{
    protected Server(Process process) => Process = process;

    public abstract string Name { get; }

    public abstract int Port { get; }

    protected Process Process { get; }

    /// <summary>The path at which a chat reaches the upstream's answer of that name.</summary>
    public virtual string Path(string answer) => $"/{answer}/v1/chat/completions";

    /// <summary>User and system time of all its processes so far.</summary>
    public TimeSpan ProcessorTime => Tree().Aggregate(TimeSpan.Zero, (sum, pid) => sum + ProcessFigures.ProcessorTime(pid));

    /// <summary>The part of it that its runtime has compiled for, as far as the thread that does it lives.</summary>
    public TimeSpan CompilerTime => ProcessFigures.ThreadTime(Process.Id, ".NET Tiered Com");

    /// <summary>Resident memory of all its processes, in MiB.</summary>
    public double ResidentMiB => Tree().Sum(ProcessFigures.ResidentMiB);

    /// <summary>The most that was ever resident, in MiB.</summary>
    public double PeakResidentMiB => Tree().Sum(ProcessFigures.PeakResidentMiB);

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
}
