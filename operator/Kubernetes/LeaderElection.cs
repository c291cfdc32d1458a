using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using Operator.Api;

namespace Operator.Kubernetes;

/// <summary>
/// Keeps a lease, so that of several processes one writes. Every write is conditioned on the resourceVersion that was read. How old the
/// other's renewal is, is judged by when this process saw it change, on its own monotonic clock: clocks of the wall differ and jump.
/// </summary>
/// <remarks>
/// The holder stops <see cref="LeaseOptions.RenewDeadline"/> after the beginning of its last good renewal; another begins at the earliest
/// <see cref="LeaseOptions.Duration"/> after it has seen that renewal, which is later. So two never lead at once, as long as
/// their clocks run equally fast and nothing is written while <see cref="IsLeader"/> is false.
/// </remarks>
internal sealed partial class LeaderElection(KubernetesClient client, LeaseOptions options, TimeProvider time, ILogger logger) : IDisposable
{
    private const string FieldManager = "llm-gateway-operator-lease";

    private readonly Lock _lock = new();

    /// <summary>Many gateways may ask for a confirmation at once, and would be in each other's way, and in that of the renewal.</summary>
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>When the last good renewal began; null while another leads.</summary>
    private long? _renewedAt;

    private Lease? _seen;
    private long _seenAt;

    /// <summary>Whether this process may write now.</summary>
    public bool IsLeader => Remaining > TimeSpan.Zero;

    /// <summary>How long <see cref="IsLeader"/> stays true without another renewal; zero while another leads.</summary>
    public TimeSpan Remaining
    {
        get
        {
            lock (_lock)
            {
                var left = _renewedAt is { } at ? options.RenewDeadline - time.GetElapsedTime(at) : TimeSpan.Zero;
                return left > TimeSpan.Zero ? left : TimeSpan.Zero;
            }
        }
    }

    /// <summary>
    /// Waits for the lease, leads, and gives it back. The token of <paramref name="lead"/> is cancelled before another may lead, or when
    /// <paramref name="stop"/> is. Ends when <paramref name="lead"/> has ended; who has lost the lease should end the process.
    /// </summary>
    public async Task RunAsync(Func<CancellationToken, Task> lead, CancellationToken stop)
    {
        string? told = null;
        while (!await TryHoldAsync(stop))
        {
            if (_seen?.Spec.HolderIdentity is { Length: > 0 } holder && holder != told)
                LogWaiting(options.Identity, told = holder);
            await Task.Delay(options.RetryPeriod, time, stop);
        }

        LogLeading(options.Identity);
        using var leading = CancellationTokenSource.CreateLinkedTokenSource(stop);
        using var over = new CancellationTokenSource();
        var renewing = RenewAsync(leading, over.Token);
        try
        {
            await lead(leading.Token);
        }
        finally
        {
            await over.CancelAsync();
            await renewing;
            await ReleaseAsync();
        }
    }

    /// <summary>
    /// Whether this process leads, by the word of the server: the clock of a machine that has slept may not know of it.
    /// </summary>
    public async Task<bool> ConfirmAsync(CancellationToken cancellation) => IsLeader && await TryHoldAsync(cancellation);

    /// <summary>One attempt to take or renew the lease, after those before it: whether this process holds it now.</summary>
    public async Task<bool> TryHoldAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            return await HoldAsync(cancellation);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<bool> HoldAsync(CancellationToken cancellation)
    {
        var beginning = time.GetTimestamp();
        var read = await client.GetAsync(ResourceTypes.Leases, options.Key, cancellation);
        if (read.FailedBy(ApiFailureReason.NotFound))
            return Hold(await client.CreateAsync(ResourceTypes.Leases, NewLease(), cancellation), beginning);
        if (!read.IsSuccess)
            return Miss(read.Failure);
        See(read.Value);
        if (!MayHold(read.Value))
            return Yield();
        return Hold(await WriteAsync(read.Value, Record(read.Value.Spec), cancellation), beginning);
    }

    /// <summary>Gives the lease back at once, so that nobody waits for it to run out. Bounded by the retry period.</summary>
    private async Task ReleaseAsync()
    {
        var held = Yield(out var lease);
        if (!held || lease is null)
            return;
        using var timeout = new CancellationTokenSource(options.RetryPeriod, time);
        var now = time.GetUtcNow();
        var free = lease.Spec with { HolderIdentity = "", LeaseDurationSeconds = 1, AcquireTime = now, RenewTime = now };
        try
        {
            var outcome = await WriteAsync(lease, free, timeout.Token);
            LogReleased(options.Identity, outcome.Failure?.ToString() ?? "done");
        }
        catch (OperationCanceledException)
        {
            LogReleased(options.Identity, "no answer in time");
        }
    }

    /// <summary>Renews until it is told to stop, or until the deadline has passed; then it cancels those who lead.</summary>
    private async Task RenewAsync(CancellationTokenSource leading, CancellationToken over)
    {
        try
        {
            while (Remaining is var left && left > TimeSpan.Zero)
            {
                await Task.Delay(left < options.RetryPeriod ? left : options.RetryPeriod, time, over);
                await RenewOnceAsync(over);
            }

            LogLost(options.Identity);
            await leading.CancelAsync();
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // Whoever led has ended by itself.
        }
    }

    /// <summary>No attempt outlives the deadline: a renewal after it would be one that nobody leads by.</summary>
    private async Task RenewOnceAsync(CancellationToken over)
    {
        using var deadline = new CancellationTokenSource(Remaining, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over, deadline.Token);
        try
        {
            await TryHoldAsync(either.Token);
        }
        catch (OperationCanceledException) when (!over.IsCancellationRequested)
        {
            LogMissed(options.Identity, "no answer before the deadline");
        }
    }

    private bool MayHold(Lease lease)
    {
        var spec = lease.Spec;
        if (string.IsNullOrEmpty(spec.HolderIdentity) || spec.HolderIdentity == options.Identity)
            return true;
        var duration = spec.LeaseDurationSeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : options.Duration;
        lock (_lock)
            return time.GetElapsedTime(_seenAt) > duration;
    }

    /// <summary>The wait begins anew with each change, whoever made it and whatever time it names.</summary>
    private void See(Lease lease)
    {
        lock (_lock)
        {
            var (before, now) = (_seen?.Metadata, lease.Metadata);
            if (before?.ResourceVersion != now.ResourceVersion || before?.Uid != now.Uid)
                _seenAt = time.GetTimestamp();
            _seen = lease;
        }
    }

    private bool Hold(ApiOutcome<Lease> written, long beginning)
    {
        if (!written.IsSuccess)
            return Miss(written.Failure);
        See(written.Value);
        lock (_lock)
            _renewedAt = beginning;
        return IsLeader;
    }

    /// <summary>A failed attempt changes nothing: who leads does so to its deadline.</summary>
    private bool Miss(ApiFailure failure)
    {
        LogMissed(options.Identity, failure.ToString());
        return IsLeader;
    }

    /// <summary>Another holds it.</summary>
    private bool Yield() => Yield(out _) && false;

    private bool Yield(out Lease? lease)
    {
        lock (_lock)
        {
            var held = _renewedAt is not null;
            (lease, _renewedAt) = (_seen, null);
            return held;
        }
    }

    private Lease NewLease() => new()
    {
        Metadata = new()
        {
            Name = options.Key.Name,
            Namespace = options.Key.Namespace,
            OwnerReferences = options.Owner is null ? [] : [options.Owner],
        },
        Spec = Record(new()),
    };

    private LeaseSpec Record(LeaseSpec before)
    {
        var now = time.GetUtcNow();
        var isMine = before.HolderIdentity == options.Identity;
        return before with
        {
            HolderIdentity = options.Identity,
            LeaseDurationSeconds = (int)options.Duration.TotalSeconds,
            AcquireTime = isMine ? before.AcquireTime : now,
            RenewTime = now,
            LeaseTransitions = isMine ? before.LeaseTransitions : (before.LeaseTransitions ?? -1) + 1,
        };
    }

    private Task<ApiOutcome<Lease>> WriteAsync(Lease read, LeaseSpec spec, CancellationToken cancellation)
    {
        var patch = new JsonObject
        {
            ["metadata"] = new JsonObject { ["resourceVersion"] = read.Metadata.ResourceVersion },
            ["spec"] = JsonSerializer.SerializeToNode(spec, ApiJson.Options),
        };
        return client.PatchAsync(ResourceTypes.Leases, options.Key, patch, new() { FieldManager = FieldManager }, cancellation);
    }

    [LoggerMessage(1101, LogLevel.Information, "{Identity} leads")]
    private partial void LogLeading(string identity);

    [LoggerMessage(1105, LogLevel.Information, "{Identity} waits for the lease, which {Holder} holds")]
    private partial void LogWaiting(string identity, string holder);

    [LoggerMessage(1102, LogLevel.Warning, "{Identity} could not take or renew the lease: {Why}")]
    private partial void LogMissed(string identity, string why);

    [LoggerMessage(1103, LogLevel.Error, "{Identity} has lost the lease and stops to write")]
    private partial void LogLost(string identity);

    [LoggerMessage(1104, LogLevel.Information, "{Identity} gives the lease back: {Outcome}")]
    private partial void LogReleased(string identity, string outcome);
}
