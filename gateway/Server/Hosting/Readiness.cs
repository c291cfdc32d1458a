using Gateway.Server.Config;

namespace Gateway.Server.Hosting;

/// <summary>
/// Ready means: has a config and is not stopping. A config from disk may be old, so it counts only when no push has come for a while
/// after the start. Stores and providers do not matter here: they would take every replica away at the same time.
/// </summary>
internal sealed class Readiness(ModelHolder models, Drain drain, TimeSpan configWait, TimeProvider time)
{
    private readonly long _started = time.GetTimestamp();
    private volatile bool _pushed;

    /// <summary>A config was pushed since the start.</summary>
    public void Pushed() => _pushed = true;

    public ReadyState State
    {
        get
        {
            if (drain.IsDraining)
                return ReadyState.Draining;
            if (models.Current is null)
                return ReadyState.WaitingForConfig;
            return _pushed || time.GetElapsedTime(_started) >= configWait ? ReadyState.Ready : ReadyState.WaitingForPush;
        }
    }
}

/// <summary>What the readiness path says.</summary>
internal enum ReadyState
{
    Ready,

    /// <summary>There is no config at all.</summary>
    WaitingForConfig,

    /// <summary>There is one from disk, and a newer one may come at any moment.</summary>
    WaitingForPush,

    /// <summary>The process was told to stop.</summary>
    Draining,
}
