using System.Collections.Concurrent;
using System.Diagnostics;

namespace Support.Cluster;

/// <summary>The process of a container. It ends when the tests do, however they end.</summary>
internal sealed class PodProcess : IAsyncDisposable
{
    private const int KeptLines = 500;

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log;

    public PodProcess(string program, IEnumerable<KeyValuePair<string, string>> environment, ConcurrentQueue<string> log)
    {
        _log = log;
        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("GATEWAY_", StringComparison.Ordinal)).ToList())
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        start.Environment["GATEWAY_EXIT_WITH_STDIN"] = "true";
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, e) => Keep(e.Data);
        _process.ErrorDataReceived += (_, e) => Keep(e.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public int ExitCode => _process.ExitCode;

    public Task SignalAsync(string name) => Signals.SendAsync(_process, name);

    /// <summary>Returns when it has ended, by itself within the time or killed.</summary>
    public async Task StopAsync(TimeSpan atMost)
    {
        await SignalAsync("TERM");
        using var patience = new CancellationTokenSource(atMost);
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await KillAsync();
    }

    public async Task KillAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
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
