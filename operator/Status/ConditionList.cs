using System.Collections.Immutable;
using Operator.Api;
using Operator.Translate;

namespace Operator.Status;

/// <summary>
/// The conditions of one object, with its summary. A condition whose status has not changed keeps its time of transition.
/// </summary>
internal sealed class ConditionList(ImmutableArray<Condition> previous, long generation, DateTimeOffset now)
{
    private readonly ImmutableArray<Condition>.Builder _conditions = ImmutableArray.CreateBuilder<Condition>(8);

    /// <summary>The condition of this type, as it was before.</summary>
    public Condition? Previous(string type)
    {
        foreach (var condition in previous)
        {
            if (condition.Type == type)
                return condition;
        }

        return null;
    }

    public void Add(string type, Judgement judgement) => _conditions.Add(Condition(type, judgement));

    /// <summary>For conditions that stand only while they are true.</summary>
    public void AddWhile(bool holds, string type, string reason, string message)
    {
        if (holds)
            Add(type, new(ConditionStatus.True, reason, message));
    }

    /// <summary>The conditions without a summary.</summary>
    public ImmutableArray<Condition> ToImmutable() =>
        _conditions.SequenceEqual(previous, ReferenceEqualityComparer.Instance) ? previous : _conditions.ToImmutable();

    /// <summary>
    /// `Ready` from the conditions that it depends on, the first that does not hold says why; then `Reconciling`, or `Stalled` where only a
    /// person can help (https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md).
    /// </summary>
    public ImmutableArray<Condition> WithSummary(params ReadOnlySpan<string> dependsOn)
    {
        var ready = new Judgement(ConditionStatus.True, ConditionReasons.Ready, "");
        foreach (var type in dependsOn)
        {
            if (Find(_conditions, type) is not { Status: not ConditionStatus.True } obstacle)
                continue;
            ready = new(obstacle.Status, obstacle.Reason, obstacle.Message);
            break;
        }

        var isStalled = Find(_conditions, ConditionTypes.Accepted)
            is { Status: ConditionStatus.False, Reason: not ConditionReasons.Terminating };
        var isReconciling = !isStalled && ready is { Status: not ConditionStatus.True, Reason: not ConditionReasons.Paused };
        AddWhile(isStalled, ConditionTypes.Stalled, ready.Reason, ready.Message);
        AddWhile(isReconciling, ConditionTypes.Reconciling, ready.Reason, ready.Message);
        _conditions.Insert(0, Condition(ConditionTypes.Ready, ready));
        return ToImmutable();
    }

    private static Condition? Find(ImmutableArray<Condition>.Builder conditions, string type)
    {
        for (var i = 0; i < conditions.Count; i++)
        {
            if (conditions[i].Type == type)
                return conditions[i];
        }

        return null;
    }

    /// <summary>The instance of before, where it says the same: of thousands of objects few change.</summary>
    private Condition Condition(string type, Judgement judgement)
    {
        var before = Previous(type);
        var condition = new Condition
        {
            Type = type,
            Status = judgement.Status,
            ObservedGeneration = generation,
            LastTransitionTime = before?.Status == judgement.Status ? before.LastTransitionTime : ApiTime.Seconds(now),
            Reason = judgement.Reason,
            Message = BoundedText.Cut(judgement.Message, BoundedText.MaxMessage),
        };
        return condition == before ? before : condition;
    }
}
