using System.Collections.Immutable;
using Microsoft.Extensions.Logging;

namespace Operator.Push;

/// <summary>Brings the config of one LlmGateway to all its pods and knows which of them have it.</summary>
/// <remarks>
/// <c>changed</c> is called after each change of <see cref="Pods"/>, with whether every pod has judged what was published, but not while
/// <see cref="OfferAsync"/> runs: who waits for that looks at the pods anyway. From any thread; it must be quick.
/// </remarks>
internal sealed class ConfigPublisher(
    AdminClient client,
    PublisherOptions options,
    TimeProvider time,
    ILogger<ConfigPublisher> logger,
    Action<bool> changed) : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private ImmutableArray<PodLink> _links = [];
    private StampedConfig? _published;
    private volatile bool _isOffering;

    /// <summary>What is known of each pod, in the order in which they were given.</summary>
    public ImmutableArray<PodState> Pods => [.. Links().Select(l => l.State)];

    /// <summary>The highest revision that a pod holds against one that it was offered; 0: none does.</summary>
    public long HighestForeign => Pods.Max(p => (p.Outcome as PushOutcome.Older)?.Revision) ?? 0;

    public async ValueTask DisposeAsync()
    {
        foreach (var link in Links())
            await link.DisposeAsync();
    }

    /// <summary>
    /// The pods that there are now. One with a new name or address is a new pod; a new pod gets the published config at once.
    /// </summary>
    public async Task SetPodsAsync(ImmutableArray<PodEndpoint> pods)
    {
        ImmutableArray<PodLink> gone;
        lock (_lock)
        {
            if (pods.SequenceEqual(_links.Select(l => l.State.Pod)))
                return;
            var old = _links.ToDictionary(l => (l.State.Pod.Name, l.State.Pod.Address));
            _links = [.. pods.Select(p => old.Remove((p.Name, p.Address), out var link) ? link.Moved(p) : Link(p))];
            gone = [.. old.Values];
        }

        foreach (var link in gone)
            await link.DisposeAsync();
        Changed();
    }

    /// <summary>
    /// Asks one pod to take the config before any other has to: ready pods first, the next one where a pod does not answer, or answers that
    /// it takes no config of this kind. Null when no pod has answered; those that were asked go on trying.
    /// </summary>
    public async Task<PushOutcome?> OfferAsync(StampedConfig config, CancellationToken cancellation)
    {
        _isOffering = true;
        try
        {
            return await OfferToOneAsync(config, cancellation);
        }
        finally
        {
            _isOffering = false;
        }
    }

    /// <summary>Wants the config on every pod, those that come later too. Returns at once.</summary>
    public void Publish(StampedConfig config)
    {
        lock (_lock)
        {
            _published = config;
            foreach (var link in _links)
                _ = link.Offer(config);
        }
    }

    private async Task<PushOutcome?> OfferToOneAsync(StampedConfig config, CancellationToken cancellation)
    {
        PushOutcome? unfit = null;
        foreach (var link in Links().OrderByDescending(l => l.State.Pod.IsReady ?? true).ThenByDescending(l => l.State.IsReachable))
        {
            try
            {
                var outcome = await link.Offer(config).WaitAsync(cancellation);
                if (outcome.IsOfThePod)
                    unfit ??= outcome;
                else if (outcome.IsVerdict)
                    return outcome;
            }
            catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
            {
                // The pod went away meanwhile.
            }
        }

        return unfit;
    }

    private PodLink Link(PodEndpoint pod)
    {
        var link = new PodLink(pod, client, options, time, logger, Changed);
        if (_published is not null)
            _ = link.Offer(_published);
        return link;
    }

    private void Changed()
    {
        if (!_isOffering)
            changed(IsSettled());
    }

    private bool IsSettled()
    {
        lock (_lock)
            return _published is { } published && _links.All(l => l.State.HasJudged(published));
    }

    private ImmutableArray<PodLink> Links()
    {
        lock (_lock)
            return _links;
    }
}
