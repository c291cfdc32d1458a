namespace Operator.Standalone.Process;

/// <summary>Keeps one gateway process running: a process that dies is started again, after growing pauses while it dies at once.</summary>
/// <param name="launch">How it is started.</param>
/// <param name="backoff">The pauses.</param>
/// <param name="time">The clock.</param>
/// <param name="moved">Told where it listens, and null when it does not any more.</param>
/// <param name="notice">Told what a person should know.</param>
internal sealed class GatewaySupervisor(
    GatewayLaunch launch, Backoff backoff, TimeProvider time, Func<GatewayAddresses?, Task> moved, Action<string> notice)
{
    /// <summary>A process that never once came up so many times in a row never will.</summary>
    private const int MaxFirstFailures = 3;

    /// <summary>Until cancelled. Throws <see cref="IOException"/> where the process cannot be brought up at all.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var log = new GatewayLog(launch.State.LogFile, line => notice($"gateway: {line}"));
        var hasBeenUp = false;
        for (var failures = 1; ; failures++)
        {
            await using (var child = GatewayChild.Start(launch, log, time))
            {
                if (await child.ListensAsync(cancellation) is { } addresses)
                {
                    (hasBeenUp, failures) = (true, 1);
                    await moved(addresses);
                }

                var code = await child.EndsAsync(cancellation);
                await moved(null);
                var what = FormattableString.Invariant($"the gateway ended with exit code {code}; its log is {launch.State.LogFile}");
                if (!hasBeenUp && failures == MaxFirstFailures)
                    throw new IOException(what);
                notice(what);
            }

            await Task.Delay(backoff.Delay(failures), time, cancellation);
        }
    }
}
