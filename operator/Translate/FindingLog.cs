using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>Findings of one translation, as they come up, and what they amount to for each object.</summary>
internal sealed class FindingLog
{
    private readonly List<Finding> _findings = [];

    /// <summary>A condition is not fulfilled.</summary>
    public void Fail(KubernetesObject of, string conditionType, string reason, string field, string message) =>
        Add(of.Reference(), conditionType, ConditionStatus.False, reason, field, message, Severity.Error);

    /// <inheritdoc cref="Fail(KubernetesObject, string, string, string, string)"/>
    public void Fail(ObjectReference of, string conditionType, string reason, string field, string message) =>
        Add(of, conditionType, ConditionStatus.False, reason, field, message, Severity.Error);

    /// <summary>A condition is fulfilled, but probably not as meant.</summary>
    public void Warn(KubernetesObject of, string conditionType, string reason, string field, string message) =>
        Add(of.Reference(), conditionType, ConditionStatus.True, reason, field, message, Severity.Warning);

    /// <summary>Any other combination.</summary>
    public void Add(
        ObjectReference of, string conditionType, ConditionStatus status, string reason, string field, string message, Severity severity) =>
        _findings.Add(new()
        {
            Object = of,
            ConditionType = conditionType,
            Status = status,
            Reason = reason,
            Field = field,
            Message = message,
            Severity = severity,
        });

    /// <summary>The content of a condition: errors first, all messages together.</summary>
    public Judgement Judge(ObjectReference of, string conditionType, string reasonWhenGood)
    {
        var all = _findings
            .Where(f => f.ConditionType == conditionType && IsOf(f, of))
            .OrderBy(f => f.Severity).ThenBy(f => f.Status == ConditionStatus.True)
            .ToList();
        if (all.Count == 0)
            return new(ConditionStatus.True, reasonWhenGood, "");
        var first = all[0];
        var messages = all.Where(f => f.Status == first.Status).Select(f => f.Field.Length == 0 ? f.Message : $"{f.Field}: {f.Message}");
        return new(first.Status, first.Reason, string.Join("; ", messages.Distinct(StringComparer.Ordinal)));
    }

    /// <summary>In the order of kind, namespace, name; those of one object as they came up.</summary>
    public ImmutableArray<Finding> ToImmutable() =>
    [
        .. _findings.Distinct()
            .OrderBy(f => f.Object.Kind, StringComparer.Ordinal)
            .ThenBy(f => f.Object.Namespace, StringComparer.Ordinal)
            .ThenBy(f => f.Object.Name, StringComparer.Ordinal),
    ];

    private static bool IsOf(Finding finding, ObjectReference of) =>
        finding.Object.Kind == of.Kind && finding.Object.Namespace == of.Namespace && finding.Object.Name == of.Name;
}
