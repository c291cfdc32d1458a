using System.Collections.Immutable;
using Operator.Children;
using Operator.Kubernetes;

namespace Operator.Reconcile;

/// <summary>
/// Whose turn it is: after an upgrade of the operator gateways roll one at a time, so that a bad template stops at the first. One whose
/// pods do not come up keeps its turn until it is mended, changed, paused or deleted.
/// </summary>
internal sealed class RolloutTurns
{
    private readonly Lock _lock = new();
    private ObjectKey? _rolling;

    /// <summary>Whose turn it is: this gateway's, where nobody else rolls.</summary>
    public ObjectKey Begin(ObjectKey gateway)
    {
        lock (_lock)
            return _rolling ??= gateway;
    }

    /// <summary>The next one may.</summary>
    public void End(ObjectKey gateway)
    {
        lock (_lock)
        {
            if (_rolling == gateway)
                _rolling = null;
        }
    }
}

/// <summary>
/// The turn of one gateway. What its users change themselves of its pods waits for nobody; how many there are is no such change, since
/// autoscalers write it.
/// </summary>
internal sealed class RolloutTurn(RolloutTurns turns, ObjectKey gateway)
{
    private bool? _isUpgrade;
    private string? _stamp;

    /// <summary>The gateway that rolls first, so that the Deployment's template has to stay as it is for now; null: it need not.</summary>
    /// <param name="desired">Its children.</param>
    /// <param name="pods">Its pods.</param>
    public ObjectKey? WaitsFor(DesiredChildren desired, ImmutableArray<Pod> pods)
    {
        var stamp = PodTemplate.StampOf(desired.Objects.First(o => o.Id.Kind == ChildKind.Deployment).Body);
        var ready = pods.Where(p => p.Metadata.DeletionTimestamp is null && p.IsReady).ToList();
        var areOld = ready.Exists(p => p.Metadata.Annotations.GetValueOrDefault(PodTemplate.TemplateAnnotation) != stamp);
        if (_isUpgrade is null)
            (_isUpgrade, _stamp) = (areOld, stamp);
        if (_isUpgrade is true && stamp == _stamp && (areOld || ready.Count == 0))
            return turns.Begin(gateway) is var first && first != gateway ? first : null;
        _isUpgrade = false;
        turns.End(gateway);
        return null;
    }

    /// <summary>The gateway is gone or paused, so that the next one may.</summary>
    public void End() => turns.End(gateway);
}
