using System.Collections.Immutable;
using Operator.Api;

namespace Operator.Status;

/// <summary>
/// Which of thousands of routes and keys have the status already that they shall have, because nothing has changed that it is made of. In
/// doubt it says no, and the status is computed.
/// </summary>
internal sealed class StatusReuse
{
    private readonly StatusInputs _now;
    private readonly StatusInputs _before;
    private readonly ResourceStatuses _last;
    private readonly bool _isSameConfig;
    private readonly bool _isSameSpend;

    private StatusReuse(StatusInputs now, ResourceStatuses last, StatusInputs before, bool isSameSpend)
    {
        (_now, _last, _before, _isSameSpend) = (now, last, before, isSameSpend);
        _isSameConfig = Programmed.OfConfig(now) == Programmed.OfConfig(before);
    }

    /// <summary>Null where nothing can be said: the first time, or where objects have come or gone.</summary>
    public static StatusReuse? Of(StatusInputs now, ResourceStatuses? last, bool isSameSpend) =>
        last?.From is { } before
        && (now.Config is null) == (before.Config is null)
        && now.Inputs.Routes.Length == last.Routes.Length
        && now.Inputs.Keys.Length == last.Keys.Length
            ? new(now, last, before, isSameSpend)
            : null;

    /// <summary>The route at this place of the inputs.</summary>
    public bool Holds(ModelRoute route, int index) =>
        ReferenceEquals(route, _last.Routes[index]) && IsSame(1 + index, route.Status);

    /// <summary>The key at this place of the inputs.</summary>
    public bool Holds(VirtualKey key, int index) =>
        ReferenceEquals(key, _last.Keys[index])
        && _isSameSpend
        && IsSame(1 + _last.Routes.Length + index, key.Status)
        && (key.Spec.ExpirationTime <= _now.Now) == (key.Spec.ExpirationTime <= _before.Now)
        && IsSameMaterial(key);

    /// <summary>Once an object is programmed, no later revision has a say (<see cref="Programmed.Judge"/>).</summary>
    private bool IsSame(int verdict, ResourceStatus? status) =>
        _now.Translation.Verdicts[verdict] == _before.Translation.Verdicts[verdict]
        && (_isSameConfig || IsProgrammed(status, _now.Translation.Verdicts[verdict].Object.Generation));

    private static bool IsProgrammed(ResourceStatus? status, long generation)
    {
        foreach (var condition in status?.Conditions ?? [])
        {
            if (condition.Type == ConditionTypes.Programmed)
                return condition.Status == ConditionStatus.True && condition.ObservedGeneration == generation;
        }

        return false;
    }

    private bool IsSameMaterial(VirtualKey key)
    {
        var (now, before) = (_now.Inputs.KeyMaterial, _before.Inputs.KeyMaterial);
        return ReferenceEquals(now, before) || ReferenceEquals(now.GetValueOrDefault(key.Id()), before.GetValueOrDefault(key.Id()));
    }
}
