using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Support.Stores;

/// <summary>A database server as a process of its own, on a free loopback port, with its data in a temporary folder.</summary>
public abstract class StoreProcess : IAsyncDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private static readonly ConcurrentDictionary<int, bool> s_ports = new();

    private readonly ConcurrentQueue<string> _log = new();
    private Process? _process;

    private protected StoreProcess() => Folder = Directory.CreateTempSubdirectory("store-");

    /// <summary>The same after each start.</summary>
    public int Port { get; } = FreePort();

    /// <summary>What it has written.</summary>
    public string Log => string.Join('\n', _log);

    /// <summary>False before its start, and once it has ended.</summary>
    public bool IsRunning => _process is not null;

    /// <summary>Ids of it and of all that it has started.</summary>
    public IEnumerable<int> Processes => Tree(_process!.Id);

    private protected DirectoryInfo Folder { get; }

    /// <summary>A part of the line that it writes once it takes connections.</summary>
    private protected abstract string ReadyLine { get; }

    /// <summary>Starts it on the data that it has; ends when it takes connections.</summary>
    public async Task StartAsync()
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = Command(), EnableRaisingEvents = true };
        process.StartInfo.RedirectStandardError = true;
        process.StartInfo.RedirectStandardOutput = true;
        process.OutputDataReceived += (_, e) => Read(e.Data);
        process.ErrorDataReceived += (_, e) => Read(e.Data);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"{GetType().Name} ended at its start:\n{Log}"));
        process.Start();
        _process = process;
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        await ready.Task.WaitAsync(s_patience);

        void Read(string? line)
        {
            if (line is null)
                return;
            _log.Enqueue(line);
            if (line.Contains(ReadyLine, StringComparison.Ordinal))
                ready.TrySetResult();
        }
    }

    /// <summary>Ends it as an administrator would: connections are cut, data is written.</summary>
    public async Task StopAsync()
    {
        using (var kill = Process.Start("kill", ["-INT", _process!.Id.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync();
        await EndAsync();
    }

    /// <summary>Ends it at once, with all that it has started.</summary>
    public async Task KillAsync()
    {
        _process!.Kill(entireProcessTree: true);
        await EndAsync();
    }

    /// <summary>It keeps its connections and answers nobody.</summary>
    public void Pause() => Signal("STOP");

    /// <summary>Goes on after <see cref="Pause"/>.</summary>
    public void Resume() => Signal("CONT");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        Folder.Delete(recursive: true);
        GC.SuppressFinalize(this);
    }

    private protected abstract ProcessStartInfo Command();

    /// <summary>On PATH or in one of these folders.</summary>
    private protected static string Find(string program, params ReadOnlySpan<string> folders)
    {
        var path = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
        return path.Concat(folders.ToArray()).Select(f => Path.Combine(f, program)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"there is no {program} on PATH; `tests/provision.sh` installs what the tests need");
    }

    private async Task EndAsync()
    {
        await _process!.WaitForExitAsync().WaitAsync(s_patience);
        _process.Dispose();
        _process = null;
    }

    /// <summary>To it and to all that it has started.</summary>
    private void Signal(string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", .. Processes.Select(id => id.ToString(CultureInfo.InvariantCulture))]);
        kill.WaitForExit();
    }

    private static IEnumerable<int> Tree(int id)
    {
        var children = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{id}/task/{id}/children"));
        return children.Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .SelectMany(c => Tree(int.Parse(c, CultureInfo.InvariantCulture)))
            .Prepend(id);
    }

    /// <summary>None that the system gives to connections: one could have it while the server is not running.</summary>
    private static int FreePort()
    {
        while (true)
        {
            var port = Random.Shared.Next(20_000, 32_000);
            if (s_ports.TryAdd(port, true) && IsFree(port))
                return port;
        }
    }

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
