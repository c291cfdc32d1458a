using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>Findings of one translation, as they come up, and what they amount to for each object.</summary>
internal sealed class FindingLog
{
    private readonly Dictionary<(string Kind, string Namespace, string Name), List<Finding>> _findings = [];

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
        ObjectReference of, string conditionType, ConditionStatus status, string reason, string field, string message, Severity severity)
    {
        var finding = new Finding
        {
            Object = of,
            ConditionType = conditionType,
            Status = status,
            Reason = reason,
            Field = field,
            Message = message,
            Severity = severity,
        };
        if (_findings.TryGetValue(Key(of), out var known))
            known.Add(finding);
        else
            _findings.Add(Key(of), [finding]);
    }

    /// <summary>All of one object, as they came up.</summary>
    public IReadOnlyList<Finding> Of(ObjectReference of) =>
        _findings.Count > 0 && _findings.TryGetValue(Key(of), out var findings) ? findings : [];

    /// <summary>The content of a condition: errors first, all messages together.</summary>
    public static Judgement Judge(IReadOnlyList<Finding> findings, string conditionType, Judgement whenGood)
    {
        if (findings.Count == 0)
            return whenGood;
        var all = findings
            .Where(f => f.ConditionType == conditionType)
            .OrderBy(f => f.Severity).ThenBy(f => f.Status == ConditionStatus.True)
            .ToList();
        if (all.Count == 0)
            return whenGood;
        var first = all[0];
        var messages = all.Where(f => f.Status == first.Status).Select(f => f.Field.Length == 0 ? f.Message : $"{f.Field}: {f.Message}");
        return new(first.Status, first.Reason, string.Join("; ", messages.Distinct(StringComparer.Ordinal)));
    }

    /// <summary>In the order of kind, namespace, name; those of one object as they came up.</summary>
    public ImmutableArray<Finding> ToImmutable() =>
    [
        .. _findings
            .OrderBy(f => f.Key.Kind, StringComparer.Ordinal)
            .ThenBy(f => f.Key.Namespace, StringComparer.Ordinal)
            .ThenBy(f => f.Key.Name, StringComparer.Ordinal)
            .SelectMany(f => f.Value.Distinct()),
    ];

    private static (string Kind, string Namespace, string Name) Key(ObjectReference of) => (of.Kind, of.Namespace, of.Name);
}
