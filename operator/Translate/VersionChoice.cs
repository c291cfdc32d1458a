using System.Collections.Immutable;
using Operator.Api;
using Operator.Translate.Checks;

namespace Operator.Translate;

/// <summary>
/// Which version of an object counts: the one given, or the last valid one where the given fails its own field checks, was refused by a
/// pod, or is paused. An object without a fault-free version is left out; one whose deletion was asked for too.
/// </summary>
internal sealed class VersionChoice(TranslateInputs inputs, FindingLog log)
{
    /// <summary>The versions of many objects, oldest object first: the older wins a conflict.</summary>
    public ImmutableArray<Chosen<T>> Choose<T>(
        ImmutableArray<T> objects, ImmutableSortedDictionary<string, T> lastValid, Func<T, T, T> restrict)
        where T : KubernetesObject =>
    [
        .. objects
            .OrderBy(o => o.Metadata.CreationTimestamp ?? DateTimeOffset.MinValue)
            .ThenBy(o => o.Metadata.Namespace, StringComparer.Ordinal)
            .ThenBy(o => o.Metadata.Name, StringComparer.Ordinal)
            .Select(o => Choose(o, lastValid.GetValueOrDefault(o.Id()), restrict)),
    ];

    /// <summary>The version of one object.</summary>
    /// <param name="current">As it was given.</param>
    /// <param name="lastValid">As it was when it had no fault.</param>
    /// <param name="restrict">Takes over from the first argument, which is not valid, what makes the second narrower.</param>
    public Chosen<T> Choose<T>(T current, T? lastValid, Func<T, T, T> restrict)
        where T : KubernetesObject
    {
        if (lastValid?.Metadata.Uid != current.Metadata.Uid || IsRefused(lastValid))
            lastValid = null;
        if (current.Metadata.DeletionTimestamp is not null)
        {
            log.Fail(current, ConditionTypes.Accepted, ConditionReasons.Terminating, "", "is being deleted");
            return new(current, null, null);
        }

        var isValid = Report(current, lastValid is not null);
        if (isValid && !(current.IsPaused() && lastValid is not null))
            return new(current, current, current);
        return new(current, lastValid is null ? null : restrict(current, lastValid), lastValid);
    }

    private bool Report<T>(T current, bool hasLastValid)
        where T : KubernetesObject
    {
        var isValid = true;
        foreach (var problem in FieldChecks.Check(current, inputs.AllowLoopbackUpstreams))
        {
            log.Fail(current, ConditionTypes.Accepted, ConditionReasons.Invalid, problem.Field, problem.Message);
            isValid = false;
        }

        foreach (var refused in inputs.Refused.Where(r => IsSameVersion(r, current)))
        {
            var field = refused.Field.Length == 0 ? "" : $"spec.{refused.Field}";
            log.Fail(current, ConditionTypes.Accepted, ConditionReasons.Rejected, field, $"refused by the gateway: {refused.Message}");
            isValid = false;
        }

        if (!isValid && hasLastValid)
            log.Fail(current, ConditionTypes.Accepted, ConditionReasons.Invalid, "", "the last valid version stays in force");
        return isValid;
    }

    private bool IsRefused<T>(T? version)
        where T : KubernetesObject =>
        version is not null && inputs.Refused.Any(r => IsSameVersion(r, version));

    private static bool IsSameVersion(RefusedVersion refused, KubernetesObject version) =>
        refused.Object.Kind == version.Kind && refused.Object.Id() == version.Id()
        && refused.Object.Uid == version.Metadata.Uid && refused.Object.Generation == version.Metadata.Generation;
}

/// <summary>The versions of one object.</summary>
/// <param name="Current">As it was given; its labels count, whichever version of its spec does.</param>
/// <param name="InForce">The version to translate; null: none.</param>
/// <param name="LastValid">What to remember for the next time.</param>
internal sealed record Chosen<T>(T Current, T? InForce, T? LastValid)
    where T : KubernetesObject;
