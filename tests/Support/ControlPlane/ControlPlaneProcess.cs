using System.Collections.Concurrent;
using System.Diagnostics;

namespace Support.ControlPlane;

/// <summary>One program of a control plane; killed with the test that wanted it.</summary>
internal sealed class ControlPlaneProcess : IAsyncDisposable
{
    private const int KeptLines = 20;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();

    public ControlPlaneProcess(string name, params ReadOnlySpan<string> arguments)
    {
        Name = name;
        var start = new ProcessStartInfo(ControlPlaneBinaries.Of(name))
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, e) => Keep(e.Data);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public string Name { get; }

    public bool HasExited => _process.HasExited;

    /// <summary>The last lines that it has written.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>As <c>kill -name</c> does.</summary>
    public Task SignalAsync(string name) => Signals.SendAsync(_process, name);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _log.Enqueue(line);
        while (_log.Count > KeptLines)
            _log.TryDequeue(out _);
    }
}
