using Microsoft.Extensions.Logging;
using Operator.Api;
using Operator.Kubernetes;

namespace Operator.Watch;

/// <summary>
/// Keeps the part of a store that is one namespace's (or all of it) as the server has it: lists once, watches from there, goes on after
/// each end of a watch, and lists anew where the server has forgotten what was between.
/// https://kubernetes.io/docs/reference/using-api/api-concepts/#efficient-detection-of-changes
/// </summary>
internal sealed partial class Reflector<T>(
    KubernetesClient client,
    ResourceType<T> type,
    string? @namespace,
    InformerOptions options,
    ObjectStore<T> store,
    Action<ObjectChange<T>> changed,
    TimeProvider time,
    ILogger logger)
    where T : KubernetesObject
{
    /// <summary>A watch that ends sooner without a word is taken for a failure, or it would be opened again and again.</summary>
    private static readonly TimeSpan s_veryShort = TimeSpan.FromSeconds(1);

    private readonly ListRequest _request = new()
    {
        Namespace = @namespace,
        LabelSelector = options.LabelSelector,
        FieldSelector = options.FieldSelector,
    };

    /// <summary>Up to where the store is; null: it must be listed.</summary>
    private string? _version;

    /// <summary>A watch has ended since the last list: the server may have been restarted meanwhile, with older data.</summary>
    private bool _isResuming;

    /// <summary>
    /// Since a watch told something or lasted. A list does not count, or watches that fail at once were never slowed down.
    /// </summary>
    private int _failures;

    private readonly TaskCompletionSource _synced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private volatile ApiFailure? _failure;

    /// <summary>The namespace; null: all.</summary>
    public string? Namespace => @namespace;

    /// <summary>Ends when a list was told in full.</summary>
    public Task Synced => _synced.Task;

    /// <summary>What stands in the way now; null: nothing.</summary>
    public ApiFailure? Failure => _failure;

    /// <summary>Until it is cancelled. Nothing else ends it.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                if (!await TryStepAsync(cancellation))
                    await Task.Delay(Pause(), time, cancellation);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>A handler that throws, or a bug of ours, ends nothing: what was not heard of is heard of with the next list.</summary>
    private async Task<bool> TryStepAsync(CancellationToken cancellation)
    {
        try
        {
            return await StepAsync(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            LogBroken(e, type.ToString(), Scope);
            _version = null;
            _failures++;
            return false;
        }
    }

    /// <summary>One list or one watch: whether the next may follow at once.</summary>
    private async Task<bool> StepAsync(CancellationToken cancellation)
    {
        if (_version is null)
            return await ListAsync(cancellation);
        if (_isResuming && await IsBehindAsync(_version, cancellation) is not false)
            return false;
        return await WatchAsync(_version, cancellation);
    }

    private async Task<bool> ListAsync(CancellationToken cancellation)
    {
        var list = await client.ListAsync(type, _request, cancellation);
        if (!list.IsSuccess)
            return Fail(list.Failure);
        var changes = store.Replace(@namespace, list.Value);
        (_version, _isResuming, _failure) = (list.Value.ResourceVersion, false, null);
        foreach (var change in changes)
            changed(change);
        foreach (var problem in list.Value.Unreadable)
            LogUnreadable(type.ToString(), problem.Key.ToString(), problem.Problem);
        _synced.TrySetResult();
        LogListed(type.ToString(), Scope, list.Value.Items.Length, list.Value.Unreadable.Length, list.Value.ResourceVersion);
        return true;
    }

    /// <summary>
    /// A server that has gone back to a backup would be silent until it is where we are, so it is asked before a watch goes on. True: it
    /// has gone back and is listed next. Null: it does not answer.
    /// </summary>
    private async Task<bool?> IsBehindAsync(string version, CancellationToken cancellation)
    {
        var now = await client.VersionAsync(type, _request, cancellation);
        if (!now.IsSuccess)
        {
            Fail(now.Failure);
            return null;
        }

        if (!ResourceVersions.IsOlder(now.Value, version))
            return false;
        LogGoneBack(type.ToString(), Scope, version, now.Value);
        _version = null;
        return true;
    }

    private async Task<bool> WatchAsync(string version, CancellationToken cancellation)
    {
        _isResuming = true;
        var timeout = options.WatchTimeout * (1 + options.Random());
        var opened = await client.WatchAsync(type, _request, new(version, timeout), cancellation);
        if (!opened.IsSuccess)
            return Fail(opened.Failure);
        await using var stream = opened.Value;
        _failure = null;
        var start = time.GetTimestamp();
        var hasTold = false;
        while (await stream.NextAsync() is { } watched)
        {
            if (watched is WatchEvent<T>.Failed failed)
                return Fail(failed.Failure);
            (_failures, hasTold) = (0, true);
            Take(watched);
        }

        if (!hasTold && time.GetElapsedTime(start) < s_veryShort)
            return Fail(new() { Reason = ApiFailureReason.Unreachable, Message = "the server ended the watch at once" });
        _failures = 0;
        return true;
    }

    private void Take(WatchEvent<T> watched)
    {
        ObjectChange<T>? change = null;
        switch (watched)
        {
            case WatchEvent<T>.Changed { Value: var value }:
                change = store.Set(value);
                _version = value.Metadata.ResourceVersion ?? _version;
                break;
            case WatchEvent<T>.Deleted deleted:
                change = store.Remove(deleted.Key);
                _version = deleted.ResourceVersion ?? _version;
                break;
            case WatchEvent<T>.Unreadable { Object: var problem }:
                change = store.SetUnreadable(problem);
                _version = problem.Of.Metadata.ResourceVersion ?? _version;
                LogUnreadable(type.ToString(), problem.Key.ToString(), problem.Problem);
                break;
            case WatchEvent<T>.Bookmark bookmark:
                _version = bookmark.ResourceVersion;
                break;
        }

        if (change is not null)
            changed(change);
    }

    private bool Fail(ApiFailure failure)
    {
        if (failure.Reason == ApiFailureReason.Gone)
            _version = null;
        _failure = failure;
        _failures++;
        LogFailed(type.ToString(), Scope, failure.ToString());
        return false;
    }

    /// <summary>Not before the server wants it.</summary>
    private TimeSpan Pause()
    {
        var pause = options.Backoff.Delay(Math.Max(1, _failures));
        return _failure?.RetryAfter is { } wanted && wanted > pause ? wanted : pause;
    }

    private string Scope => @namespace ?? "all namespaces";

    [LoggerMessage(1201, LogLevel.Debug, "Listed {Type} of {Scope}: {Count} and {UnreadableCount} unreadable, at {Version}")]
    private partial void LogListed(string type, string scope, int count, int unreadableCount, string version);

    [LoggerMessage(1202, LogLevel.Information, "Watching {Type} of {Scope} was interrupted and goes on: {Why}")]
    private partial void LogFailed(string type, string scope, string why);

    [LoggerMessage(1203, LogLevel.Warning, "{Type} {Key} cannot be read: {Problem}")]
    private partial void LogUnreadable(string type, string key, string problem);

    [LoggerMessage(1204, LogLevel.Warning, "The server has gone back: {Type} of {Scope} were at {Version} and are at {Now}")]
    private partial void LogGoneBack(string type, string scope, string version, string now);

    [LoggerMessage(1205, LogLevel.Error, "Watching {Type} of {Scope} failed in an unforeseen way and goes on with a list")]
    private partial void LogBroken(Exception exception, string type, string scope);
}
