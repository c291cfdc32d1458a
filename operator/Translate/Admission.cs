using System.Collections.Frozen;
using System.Collections.Immutable;
using Operator.Api;

namespace Operator.Translate;

/// <summary>Which namespaces a gateway admits VirtualKeys and Budgets from.</summary>
internal sealed class Admission(LlmGateway gateway, ImmutableArray<Namespace> namespaces)
{
    private static readonly IReadOnlyDictionary<string, string> s_noLabels = ImmutableSortedDictionary<string, string>.Empty;

    private readonly FrozenDictionary<string, Namespace> _namespaces =
        namespaces.DistinctBy(n => n.Metadata.Name, StringComparer.Ordinal).ToFrozenDictionary(n => n.Metadata.Name, StringComparer.Ordinal);

    /// <summary>Labels of a namespace; none where it was not gathered.</summary>
    public IReadOnlyDictionary<string, string> LabelsOf(string @namespace) =>
        _namespaces.TryGetValue(@namespace, out var found) ? found.Metadata.Labels : s_noLabels;

    /// <summary>Whether the object is in the gateway's own namespace.</summary>
    public bool IsAtHome(KubernetesObject of) => of.Metadata.Namespace == gateway.Metadata.Namespace;

    /// <summary>False, with a finding, where the gateway does not admit the object's namespace.</summary>
    public bool Admits(KubernetesObject of, FindingLog log)
    {
        var allowed = gateway.Spec.AllowedKeys.Namespaces;
        var isAdmitted = allowed.From switch
        {
            _ when IsAtHome(of) => true,
            NamespacesFrom.Same => false,
            NamespacesFrom.All => true,
            _ => allowed.Selector is { } selector && selector.Matches(LabelsOf(of.Metadata.Namespace)),
        };
        if (!isAdmitted)
        {
            log.Fail(
                of,
                ConditionTypes.Accepted,
                ConditionReasons.NotAllowed,
                "spec.gatewayRef",
                $"the gateway `{gateway.Id()}` does not admit namespace `{of.Metadata.Namespace}`, see its `allowedKeys.namespaces`");
        }

        return isAdmitted;
    }
}
