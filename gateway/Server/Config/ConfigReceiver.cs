using System.Collections.Immutable;
using Gateway.Contract;

namespace Gateway.Server.Config;

/// <summary>
/// The way of a snapshot from bytes to being live: read, compare, validate, compile, make its budgets known, swap, keep on disk. One at a
/// time; whatever goes wrong, the model that was live stays live.
/// </summary>
internal sealed partial class ConfigReceiver(
    ModelHolder models, LastGoodFile file, DurableFolder? durable, TimeProvider time, ILogger<ConfigReceiver> logger) : IDisposable
{
    private static readonly TimeSpan s_lookInterval = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _one = new(1);
    private string? _durableProblem;

    /// <summary>
    /// Makes the budgets of a config known to the store before it goes live: no request may meet one that the store does not know.
    /// </summary>
    public required Action<ImmutableArray<BudgetModel>> ApplyBudgets { get; init; }

    /// <summary>Uid of the one LlmGateway whose config is taken; null: that of the first config.</summary>
    public string? Uid { get; init; }

    /// <summary>Another model has gone live, by a push or from disk. Called in turn, before the push is acknowledged.</summary>
    public Action<GatewayModel>? Applied { get; init; }

    /// <summary>A snapshot was pushed and this became of it.</summary>
    public Action<PushResult>? Pushed { get; init; }

    /// <param name="json">The snapshot as sent.</param>
    /// <param name="cancellationToken">Ends the wait for a push before this one; once it is its turn, a push runs to its end.</param>
    public async Task<PushOutcome> ReceiveAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            var outcome = Receive(json);
            if (outcome.Result != PushResult.Accepted)
                LogRefused(outcome.Result, outcome.Reply.Errors.Length, outcome.Reply.Revision);
            Pushed?.Invoke(outcome.Result);
            return outcome;
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>At the start: the newer of our copy and the durable one goes live. What is damaged is reported and left alone.</summary>
    public void LoadKept()
    {
        GoLive(new[] { PrepareLastGood(), PrepareDurableCopy() }.OfType<KeptModel>().MaxBy(k => k.Model.Revision));
    }

    /// <summary>
    /// While there is no config at all, looks for the durable copy again: its volume may show it late, and a push may never come.
    /// </summary>
    public async Task AwaitDurableCopyAsync(CancellationToken cancellationToken)
    {
        while (durable is not null && models.Current is null)
        {
            await Task.Delay(s_lookInterval, time, cancellationToken);
            await _one.WaitAsync(cancellationToken);
            try
            {
                if (models.Current is null)
                    GoLive(PrepareDurableCopy());
            }
            finally
            {
                _one.Release();
            }
        }
    }

    public void Dispose() => _one.Dispose();

    private PushOutcome Receive(ReadOnlyMemory<byte> json)
    {
        var (result, errors) = Prepare(json, out var model);
        if (model is not null)
        {
            GoLive(model);
            Keep(json);
            LogAccepted(model.Revision, model.Hash, json.Length);
        }

        var live = models.Current;
        return new(
            result, new() { Revision = live?.Revision ?? 0, Hash = live?.Hash ?? "", Uid = live?.Uid ?? Uid ?? "", Errors = errors });
    }

    /// <summary>
    /// Everything that can refuse. The model is null when there is nothing to swap: refused, or a repeat of what is live.
    /// </summary>
    private (PushResult Result, ImmutableArray<ConfigError> Errors) Prepare(ReadOnlyMemory<byte> json, out GatewayModel? model)
    {
        model = null;
        var read = SnapshotReader.Read(json);
        if (read.Snapshot is not { } snapshot)
            return (read.Result, read.Errors);

        var live = models.Current;
        if ((Uid ?? live?.Uid) is { } uid && uid != snapshot.Gateway)
            return (PushResult.Conflict, [new() { Message = $"this is gateway `{uid}`, the config is for `{snapshot.Gateway}`" }]);
        if (live is not null && live.Revision == snapshot.Revision && live.Hash == snapshot.Hash)
            return (PushResult.Accepted, []);
        if (live is not null && live.Revision >= snapshot.Revision)
            return (PushResult.Conflict, []);

        var errors = SnapshotValidator.Validate(snapshot);
        if (!errors.IsEmpty)
            return (PushResult.Invalid, errors);

        try
        {
            model = GatewayModel.Compile(snapshot, time.GetUtcNow());
            return (PushResult.Accepted, []);
        }
        catch (Exception e)
        {
            // A gap in the validator. The exception may quote the snapshot, which holds secrets, so only its type leaves the process.
            LogNotCompiled(snapshot.Revision, e);
            var message = $"the snapshot could not be compiled ({e.GetType().Name}); see the gateway's log";
            return (PushResult.Invalid, [new() { Message = message }]);
        }
    }

    private KeptModel? PrepareLastGood()
    {
        try
        {
            return file.Read() is { } json ? PrepareKept(file.Path, json) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogUnreadable(file.Path, e.Message);
            return null;
        }
    }

    /// <summary>Looked at every second, so a problem is reported when it is a new one.</summary>
    private KeptModel? PrepareDurableCopy()
    {
        if (durable is null)
            return null;
        var (json, problem) = durable.Read();
        if (problem is not null && problem != _durableProblem)
            LogUnreadable(durable.Path, problem);
        _durableProblem = problem;
        return json is null ? null : PrepareKept(durable.Path, json);
    }

    private KeptModel? PrepareKept(string path, ReadOnlyMemory<byte> json)
    {
        var (result, errors) = Prepare(json, out var model);
        if (model is not null)
            return new(path, model);
        LogDamaged(path, result, errors.IsEmpty ? "" : errors[0].Message);
        return null;
    }

    private void GoLive(KeptModel? kept)
    {
        if (kept is null)
            return;
        GoLive(kept.Model);
        LogLoaded(kept.Path, kept.Model.Revision, kept.Model.Hash);
    }

    private void GoLive(GatewayModel model)
    {
        ApplyBudgets(model.Budgets);
        models.Swap(model);
        Applied?.Invoke(model);
    }

    /// <summary>A full disk must not keep a revocation from going live, so it does not refuse the push.</summary>
    private void Keep(ReadOnlyMemory<byte> json)
    {
        try
        {
            file.Write(json.Span);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotKept(file.Path, e.Message);
        }
    }

    [LoggerMessage(100, LogLevel.Information, "Config revision {Revision} ({Hash}, {Bytes} bytes) is live")]
    private partial void LogAccepted(long revision, string hash, int bytes);

    [LoggerMessage(
        101, LogLevel.Warning, "A pushed config was refused as {Result} with {ErrorCount} errors; revision {Revision} stays live")]
    private partial void LogRefused(PushResult result, int errorCount, long revision);

    [LoggerMessage(102, LogLevel.Information, "Loaded {Path}: config revision {Revision} ({Hash}) is live")]
    private partial void LogLoaded(string path, long revision, string hash);

    [LoggerMessage(103, LogLevel.Error, "Ignored {Path}: it is {Result}: {Reason}")]
    private partial void LogDamaged(string path, PushResult result, string reason);

    [LoggerMessage(104, LogLevel.Error, "Could not read {Path}: {Reason}")]
    private partial void LogUnreadable(string path, string reason);

    [LoggerMessage(105, LogLevel.Error, "The live config could not be kept in {Path}, so a restart begins with an older one: {Reason}")]
    private partial void LogNotKept(string path, string reason);

    [LoggerMessage(106, LogLevel.Error, "Config revision {Revision} passed the validator but could not be compiled")]
    private partial void LogNotCompiled(long revision, Exception exception);

    /// <summary>A config that was not pushed to this process, and where it is from.</summary>
    private sealed record KeptModel(string Path, GatewayModel Model);
}
