using System.Diagnostics;

namespace Operator.Spend;

/// <summary><c>kubectl port-forward</c> while it runs.</summary>
internal sealed class KubectlTunnel : IAsyncDisposable
{
    /// <summary>Before the address, as <c>Forwarding from 127.0.0.1:38011 -> 4001</c>.</summary>
    private const string Announcement = "Forwarding from ";

    private readonly Process _process;
    private readonly Task _reading;
    private volatile string _said = "";

    private KubectlTunnel(Process process, Uri address)
    {
        (_process, Address) = (process, address);
        _reading = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), ListenAsync());
    }

    /// <summary>Where it begins.</summary>
    public Uri Address { get; }

    /// <summary>What kubectl complained of last; empty where it has not.</summary>
    public string Said => _said.Length == 0 ? "" : $"kubectl: {_said}";

    /// <summary>Waits until it leads to the pod; null where the process ends before.</summary>
    public static async Task<KubectlTunnel?> OpenAsync(Process process, CancellationToken cancellation)
    {
        while (await process.StandardOutput.ReadLineAsync(cancellation) is { } line)
        {
            if (line.StartsWith(Announcement, StringComparison.Ordinal)
                && Uri.TryCreate($"https://{line[Announcement.Length..].Split(' ')[0]}", UriKind.Absolute, out var address))
                return new(process, address);
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        Kubectl.Kill(_process);
        await _process.WaitForExitAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _process.Dispose();
    }

    private async Task ListenAsync()
    {
        while (await _process.StandardError.ReadLineAsync() is { } line)
            _said = line.Trim().Length == 0 ? _said : line.Trim();
    }
}
