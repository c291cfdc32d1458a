using System.ComponentModel;

namespace Operator.Standalone.Process;

/// <summary>One run of the gateway process. It ends with this object, and with the operator however that ends.</summary>
internal sealed class GatewayChild : IAsyncDisposable
{
    /// <summary>A gateway cuts its calls after 4 s when it is interrupted; the whole must be over after 5.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(4.5);

    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly System.Diagnostics.Process _process;
    private readonly GatewayLaunch _launch;
    private readonly TimeProvider _time;
    private readonly Task _output;

    private GatewayChild(System.Diagnostics.Process process, GatewayLaunch launch, GatewayLog log, TimeProvider time)
    {
        _process = process;
        _launch = launch;
        _time = time;
        _output = Task.WhenAll(log.CopyAsync(process.StandardOutput, isJson: true), log.CopyAsync(process.StandardError, isJson: false));
    }

    /// <summary>Starts it. Throws <see cref="IOException"/> where there is no such program.</summary>
    public static GatewayChild Start(GatewayLaunch launch, GatewayLog log, TimeProvider time)
    {
        GatewayAddresses.Forget(launch.State.DataFolder);
        try
        {
            var process = System.Diagnostics.Process.Start(launch.ToStartInfo()) ?? throw new IOException("the gateway did not start");
            return new(process, launch, log, time);
        }
        catch (Win32Exception e)
        {
            throw new IOException(
                $"the gateway cannot be started with `{launch.Command}`: {e.Message}; say another command with --gateway", e);
        }
    }

    /// <summary>Where it listens, once it does; null when it ends before.</summary>
    public async Task<GatewayAddresses?> ListensAsync(CancellationToken cancellation)
    {
        using var looks = new PeriodicTimer(s_look, _time);
        while (await looks.WaitForNextTickAsync(cancellation))
        {
            if (GatewayAddresses.Read(_launch.State.DataFolder) is { } addresses)
                return addresses;
            if (_process.HasExited)
                return null;
        }

        return null;
    }

    /// <summary>Its exit code, when it has ended by itself.</summary>
    public async Task<int> EndsAsync(CancellationToken cancellation)
    {
        await _process.WaitForExitAsync(cancellation);
        await _output.WaitAsync(cancellation);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        using (_process)
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(s_patience, _time);
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
            await _output;
        }
    }
}
