using System.Collections.Concurrent;
using Gateway.Server.Config;

namespace Gateway.Server.Routing;

/// <summary>The state of every target by its id, so that a new config does not forget which target is down.</summary>
internal sealed class TargetStates
{
    private readonly ConcurrentDictionary<string, TargetState> _states = new(StringComparer.Ordinal);

    public TargetState Of(TargetModel target) => _states.GetOrAdd(target.Id, static _ => new());

    /// <summary>Forgets targets that the model no longer has.</summary>
    public void Prune(GatewayModel model)
    {
        var wanted = model.Routes.SelectMany(r => r.Targets).Select(t => t.Id).ToHashSet(StringComparer.Ordinal);
        foreach (var id in _states.Keys)
        {
            if (!wanted.Contains(id))
                _states.TryRemove(id, out _);
        }
    }
}
