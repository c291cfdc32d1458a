using System.Collections.Immutable;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>
/// Selects objects by their labels; all parts must hold. An empty selector selects everything.
/// https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors
/// </summary>
internal sealed record LabelSelector
{
    /// <summary>Labels that must have exactly these values.</summary>
    [Entries(16, KeyMaxLength = 317, KeyPattern = Patterns.QualifiedName, KeyMeans = Patterns.QualifiedNameMeans)]
    [Text(63, MinLength = 0, Pattern = Patterns.LabelValue, Means = Patterns.LabelValueMeans)]
    public ImmutableSortedDictionary<string, string> MatchLabels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;

    /// <summary>Further requirements.</summary>
    [Items(16)]
    public ImmutableArray<LabelSelectorRequirement> MatchExpressions { get; init; } = [];

    /// <summary>Whether labels fulfil every part.</summary>
    public bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        foreach (var wanted in MatchLabels)
        {
            if (!labels.TryGetValue(wanted.Key, out var value) || value != wanted.Value)
                return false;
        }

        foreach (var requirement in MatchExpressions)
        {
            if (!requirement.Matches(labels))
                return false;
        }

        return true;
    }
}

/// <summary>One requirement on one label.</summary>
[CelRule("(self.operator in ['In', 'NotIn']) == (has(self.values) && self.values.size() > 0)", RuleMessages.SelectorValues)]
internal sealed record LabelSelectorRequirement
{
    /// <summary>Key of the label.</summary>
    [Text(317, Pattern = Patterns.QualifiedName, Means = Patterns.QualifiedNameMeans)]
    public required string Key { get; init; }

    /// <summary>How the label relates to the values.</summary>
    public required LabelSelectorOperator Operator { get; init; }

    /// <summary>At least one with `In` and `NotIn`, none with `Exists` and `DoesNotExist`.</summary>
    [Items(32), Text(63, MinLength = 0, Pattern = Patterns.LabelValue, Means = Patterns.LabelValueMeans)]
    public ImmutableArray<string> Values { get; init; } = [];

    internal bool Matches(IReadOnlyDictionary<string, string> labels)
    {
        var has = labels.TryGetValue(Key, out var value);
        return Operator switch
        {
            LabelSelectorOperator.In => has && Values.Contains(value!),
            LabelSelectorOperator.NotIn => !has || !Values.Contains(value!),
            LabelSelectorOperator.Exists => has,
            _ => !has,
        };
    }
}

/// <summary>How a label relates to values.</summary>
internal enum LabelSelectorOperator
{
    /// <summary>The label is there and has one of the values.</summary>
    In,

    /// <summary>The label is not there, or has none of the values.</summary>
    NotIn,

    /// <summary>The label is there.</summary>
    Exists,

    /// <summary>The label is not there.</summary>
    DoesNotExist,
}
