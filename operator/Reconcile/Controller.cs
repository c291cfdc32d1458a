using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Operator.Api;
using Operator.Telemetry;
using Operator.Kubernetes;
using Operator.Status;
using Operator.Translate;

namespace Operator.Reconcile;

/// <summary>
/// Takes gateways from the queue and gives each its round, several at a time, no gateway twice at a time. To be run by the one process that
/// leads.
/// </summary>
internal sealed partial class Controller(ClusterServices services, int workers)
{
    /// <summary>How often is looked for objects that cannot be read: those of no gateway come up in no round.</summary>
    private static readonly TimeSpan s_unreadable = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<ObjectKey, GatewayLine> _lines = [];
    private readonly ILogger _logger = services.Loggers.CreateLogger<Controller>();

    /// <summary>Until it is cancelled; then no push goes on.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        services.Metrics.WorkersStarted(workers);
        try
        {
            var working = Enumerable.Range(0, workers).Select(_ => Task.Run(() => WorkAsync(cancellation), CancellationToken.None));
            await Task.WhenAll([.. working, TellUnreadableAsync(cancellation)]);
        }
        finally
        {
            await Task.WhenAll(_lines.Values.Select(l => l.DisposeAsync().AsTask()));
        }
    }

    private async Task TellUnreadableAsync(CancellationToken cancellation)
    {
        var news = new UnreadableNews(services.View, services.Tell);
        while (!cancellation.IsCancellationRequested)
        {
            news.Tell();
            await Task.Delay(s_unreadable, services.Time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task WorkAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await RoundAsync(await services.View.Queue.TakeAsync(cancellation), cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>Whatever a round comes to, the gateway goes back to the queue.</summary>
    private async Task RoundAsync(ObjectKey key, CancellationToken cancellation)
    {
        services.Metrics.ReconcileStarted();
        var began = services.Time.GetTimestamp();
        LineResult result = new LineResult.Done(null);
        try
        {
            result = await ReconcileAsync(key, cancellation);
        }
        catch (IOException e)
        {
            result = new LineResult.RetryAfter(e.Message, (e as NotReservedException)?.RetryAfter ?? TimeSpan.Zero);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            LogBroken(e, key);
            result = new LineResult.RetryAfter(e.Message, TimeSpan.Zero);
        }
        finally
        {
            services.Metrics.ReconcileEnded(Ending(result), services.Time.GetElapsedTime(began));
        }

        switch (result)
        {
            case LineResult.Done done:
                services.View.Queue.Done(key, done.Again);
                break;
            case LineResult.Partly partly:
                LogPartly(key, partly.Why, partly.Again);
                services.View.Queue.Done(key, partly.Again);
                break;
            case LineResult.Terminal terminal:
                LogTerminal(key, terminal.Why);
                services.View.Queue.Done(key);
                break;
            case LineResult.RetryAfter retry:
                LogRetry(key, retry.Why);
                services.View.Queue.Retry(key, retry.AtLeast);
                break;
            default:
                throw new UnreachableException($"no such result: {result}");
        }
    }

    private static ReconcileResult Ending(LineResult result) => result switch
    {
        LineResult.Done { Again: null } => ReconcileResult.Success,
        LineResult.Done => ReconcileResult.RequeueAfter,
        LineResult.Terminal => ReconcileResult.TerminalError,
        _ => ReconcileResult.Error,
    };

    private async Task<LineResult> ReconcileAsync(ObjectKey key, CancellationToken cancellation)
    {
        var gateway = services.View.Gateways.Snapshot.Find(key);
        if (_lines.TryGetValue(key, out var line) && (gateway is null ? line.HasNoPods : line.Uid != gateway.Metadata.Uid))
        {
            await ForgetAsync(key, line);
            line = null;
        }

        if (line is null && gateway is not null)
            _lines[key] = line = new(gateway, services);
        if (line is not null)
            return await line.ReconcileAsync(gateway, cancellation);
        return services.View.Gateways.Snapshot.Unreadable.ContainsKey(key)
            ? new LineResult.Terminal("the LlmGateway cannot be read")
            : await TellMissingAsync(key, cancellation);
    }

    /// <summary>Whoever names a gateway that is not there is told so, once it has had the time to come.</summary>
    private async Task<LineResult> TellMissingAsync(ObjectKey key, CancellationToken cancellation)
    {
        var attached = Attached.To(key, services.View);
        var now = services.Time.GetUtcNow();
        var statuses = MissingGateway.Of(new TranslateInputs
        {
            Gateway = new LlmGateway { Metadata = new() { Name = key.Name, Namespace = key.Namespace }, Spec = new() },
            Now = now,
            Routes = [.. attached.Routes.Where(IsTold)],
            Keys = [.. attached.Keys.Where(IsTold)],
            Budgets = [.. attached.Budgets.Where(IsTold)],
        });
        var writer = new StatusWriter(services.Client, services.View, services.Time);
        var written = await writer.WriteAsync(statuses, now, () => false, cancellation);
        foreach (var text in written.News)
            services.Tell(text);
        if (written.Failure is { } failure)
            return new LineResult.RetryAfter(failure.ToString(), failure.RetryAfter ?? TimeSpan.Zero);
        IEnumerable<KubernetesObject> all = [.. attached.Routes, .. attached.Keys, .. attached.Budgets];
        var next = all.Where(o => !IsTold(o)).Min(o => (DateTimeOffset?)MissingGateway.TellFrom(o, now));
        DateTimeOffset?[] times = [next, written.NextTime];
        return new LineResult.Done(times.Min() - now);

        bool IsTold(KubernetesObject resource) => MissingGateway.TellFrom(resource, now) <= now;
    }

    private async Task ForgetAsync(ObjectKey key, GatewayLine line)
    {
        _lines.TryRemove(key, out _);
        await line.DisposeAsync();
        services.Metrics.Forget(key);
    }

    [LoggerMessage(1211, LogLevel.Warning, "LlmGateway {Key}: {Why}; tried again after {Again}")]
    private partial void LogPartly(ObjectKey key, string why, TimeSpan again);

    [LoggerMessage(1212, LogLevel.Warning, "LlmGateway {Key}: {Why}; tried again")]
    private partial void LogRetry(ObjectKey key, string why);

    [LoggerMessage(1213, LogLevel.Information, "LlmGateway {Key}: {Why}")]
    private partial void LogTerminal(ObjectKey key, string why);

    [LoggerMessage(1214, LogLevel.Error, "LlmGateway {Key}: the round failed in an unforeseen way and is tried again")]
    private partial void LogBroken(Exception exception, ObjectKey key);
}
