using System.Collections.Immutable;
using System.Globalization;
using Operator.Api;
using Operator.Translate.Checks;

namespace Operator.Translate;

/// <summary>
/// Which version of an object counts: the one given, or the last valid one where the given has a fault, was refused by a pod, or is paused.
/// An object without a fault-free version is left out; one whose deletion was asked for too, except the gateway: its pods serve until they
/// are gone, and revocations must reach them.
/// </summary>
internal sealed class VersionChoice
{
    private readonly bool _allowLoopback;
    private readonly FindingLog _log;
    private readonly bool _hasComplaints;
    private readonly ILookup<Version, RefusedVersion> _refused;
    private readonly ILookup<Version, RefusedVersion> _faults;

    /// <param name="inputs">Of the translation.</param>
    /// <param name="faults">Versions that the contract's validator has complained of.</param>
    /// <param name="log">Takes what is wrong.</param>
    public VersionChoice(TranslateInputs inputs, ImmutableArray<RefusedVersion> faults, FindingLog log)
    {
        _allowLoopback = inputs.AllowLoopbackUpstreams;
        _log = log;
        _hasComplaints = !inputs.Refused.IsEmpty || !faults.IsEmpty;
        _refused = inputs.Refused.ToLookup(r => Version.Of(r.Object));
        _faults = faults.ToLookup(r => Version.Of(r.Object));
    }

    /// <summary>The versions of many objects, oldest object first: the older wins a conflict.</summary>
    public ImmutableArray<Chosen<T>> Choose<T>(
        ImmutableArray<T> objects, ImmutableSortedDictionary<string, T> lastValid, Func<T, T, T> restrict)
        where T : KubernetesObject =>
        [.. objects.Sort(OldestFirst).Select(o => Choose(o, lastValid.GetValueOrDefault(o.Id()), restrict))];

    /// <summary>The version of one object.</summary>
    /// <param name="current">As it was given.</param>
    /// <param name="lastValid">As it was when it had no fault.</param>
    /// <param name="restrict">Takes over from the first argument, which is not valid, what makes the second narrower.</param>
    public Chosen<T> Choose<T>(T current, T? lastValid, Func<T, T, T> restrict)
        where T : KubernetesObject
    {
        if (lastValid is not null && (lastValid.Metadata.Uid != current.Metadata.Uid || IsRefused(lastValid)))
            lastValid = null;
        if (current.Metadata.DeletionTimestamp is not null)
        {
            _log.Fail(current, ConditionTypes.Accepted, ConditionReasons.Terminating, "", "is being deleted");
            if (current is not LlmGateway)
                return new(current, null, null);
        }

        var isValid = Report(current, lastValid);
        if (isValid && !(current.IsPaused() && lastValid is not null))
            return new(current, current, Remembered(current, lastValid));
        return new(current, lastValid is null ? null : restrict(current, lastValid), lastValid);
    }

    /// <summary>The instance that was remembered before, where nothing else is asked now. A status would only grow old in it.</summary>
    private static T Remembered<T>(T current, T? lastValid)
        where T : KubernetesObject =>
        lastValid is not null && current.AsksTheSameAs(lastValid) ? lastValid : (T)current.WithoutStatus();

    private static int OldestFirst(KubernetesObject a, KubernetesObject b)
    {
        var byAge = Nullable.Compare(a.Metadata.CreationTimestamp, b.Metadata.CreationTimestamp);
        if (byAge != 0)
            return byAge;
        var byNamespace = string.CompareOrdinal(a.Metadata.Namespace, b.Metadata.Namespace);
        return byNamespace != 0 ? byNamespace : string.CompareOrdinal(a.Metadata.Name, b.Metadata.Name);
    }

    private bool Report<T>(T current, T? lastValid)
        where T : KubernetesObject
    {
        var isValid = true;
        foreach (var problem in FieldChecks.Check(current, _allowLoopback))
            Fail(ConditionReasons.Invalid, problem.Field, problem.Message);
        foreach (var fault in Complaints(_faults, current))
            Fail(ConditionReasons.Invalid, FieldPath.OfContract(fault.Field), fault.Message);
        foreach (var refused in Complaints(_refused, current))
            Fail(ConditionReasons.Rejected, FieldPath.OfContract(refused.Field), $"refused by the gateway: {refused.Message}");
        if (!isValid && lastValid is { Metadata.Generation: var generation })
        {
            var message = string.Create(CultureInfo.InvariantCulture, $"generation {generation} stays in force");
            _log.Fail(current, ConditionTypes.Accepted, ConditionReasons.Invalid, "", message);
        }

        return isValid;

        void Fail(string reason, string field, string message)
        {
            _log.Fail(current, ConditionTypes.Accepted, reason, field, message);
            isValid = false;
        }
    }

    private bool IsRefused(KubernetesObject version) => Complaints(_refused, version).Any() || Complaints(_faults, version).Any();

    private IEnumerable<RefusedVersion> Complaints(ILookup<Version, RefusedVersion> of, KubernetesObject version) =>
        _hasComplaints ? of[Version.Of(version)] : [];

    /// <summary>One version of one object.</summary>
    private readonly record struct Version(string Kind, string Namespace, string Name, string Uid, long Generation)
    {
        public static Version Of(KubernetesObject version) => Of(version.Reference());

        public static Version Of(Gateway.Contract.ObjectReference of) => new(of.Kind, of.Namespace, of.Name, of.Uid, of.Generation);
    }
}

/// <summary>The versions of one object.</summary>
/// <param name="Current">As it was given; its labels count, whichever version of its spec does.</param>
/// <param name="InForce">The version to translate; null: none.</param>
/// <param name="LastValid">What to remember for the next time.</param>
internal sealed record Chosen<T>(T Current, T? InForce, T? LastValid)
    where T : KubernetesObject;
