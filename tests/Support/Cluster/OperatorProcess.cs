using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics;

namespace Support.Cluster;

/// <summary><c>operator run</c> as its own process, which may be killed.</summary>
public sealed class OperatorProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private static readonly HttpClient s_client = new(new SocketsHttpHandler { UseProxy = false });

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private volatile bool _isToEnd;

    private OperatorProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => Keep(e.Data);
        process.ErrorDataReceived += (_, e) => Keep(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Everything that it has written.</summary>
    public string Output => string.Join('\n', _output);

    /// <summary>Its process.</summary>
    public int Id => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Its end; whether that was its own doing, as when it has lost its lease.</summary>
    public async Task<bool> EndAsync()
    {
        await _process.WaitForExitAsync();
        return !_isToEnd;
    }

    /// <summary>Starts it, with its lease in the namespace; returns at once.</summary>
    /// <param name="kubeConfig">File with its rights.</param>
    /// <param name="ns">Where it is installed.</param>
    /// <param name="watched">The only namespace that it watches; null: all of them.</param>
    /// <param name="options">Of <c>operator run</c>, on top.</param>
    public static OperatorProcess Start(string kubeConfig, string ns, string? watched = null, params IEnumerable<string> options)
    {
        string[] ports = ["--metrics-bind-address", "127.0.0.1:0", "--health-probe-bind-address", "127.0.0.1:0"];
        var start = new ProcessStartInfo(InstalledCluster.ProgramOf("Operator"), ["run", "--kubeconfig", kubeConfig, .. ports, .. options])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["POD_NAMESPACE"] = ns;
        start.Environment["POD_SERVICE_ACCOUNT"] = "llm-gateway-operator";
        start.Environment["WATCH_NAMESPACES"] = watched;
        return new(Process.Start(start)!);
    }

    /// <summary>As <c>kill -name</c> does: TERM, STOP, CONT.</summary>
    public Task SignalAsync(string name) => Signals.SendAsync(_process, name);

    /// <summary>As <c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        _isToEnd = true;
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>Asks it to end; its exit code.</summary>
    public async Task<int> StopAsync()
    {
        _isToEnd = true;
        await SignalAsync("TERM");
        await _process.WaitForExitAsync().WaitAsync(s_patience);
        return _process.ExitCode;
    }

    /// <summary>What it counts, once it serves metrics.</summary>
    public async Task<ImmutableSortedDictionary<string, ExposedFamily>> MetricsAsync(CancellationToken cancellation)
    {
        await UntilSaidAsync("Metrics on ", cancellation);
        var url = Output.Split("Metrics on ")[1].Split(',')[0];
        return Exposition.Parse(await s_client.GetStringAsync(new Uri(url + "metrics"), cancellation));
    }

    /// <summary>Until its output has the text.</summary>
    public async Task UntilSaidAsync(string text, CancellationToken cancellation)
    {
        var waited = Stopwatch.StartNew();
        while (!Output.Contains(text, StringComparison.Ordinal))
        {
            if (waited.Elapsed > s_patience || HasExited)
                throw new InvalidOperationException($"`{text}` is not said:\n{Output}");
            await Task.Delay(50, cancellation);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is not null)
            _output.Enqueue(line);
    }
}
