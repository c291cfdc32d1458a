using System.Collections.Frozen;
using System.Collections.Immutable;
using Operator.Api;

namespace Operator.Translate;

/// <summary>Which namespaces a gateway admits VirtualKeys and Budgets from.</summary>
internal sealed class Admission(LlmGateway gateway, ImmutableArray<Namespace> namespaces, bool seesNamespaces)
{
    private readonly FrozenDictionary<string, Namespace> _namespaces =
        namespaces.DistinctBy(n => n.Metadata.Name, StringComparer.Ordinal)
            .ToFrozenDictionary(n => n.Metadata.Name, StringComparer.Ordinal);

    /// <summary>
    /// Labels of a namespace; null where it was not gathered: nothing can be said of it then, least of all that it lacks a label.
    /// </summary>
    public IReadOnlyDictionary<string, string>? LabelsOf(string @namespace) =>
        _namespaces.TryGetValue(@namespace, out var found) ? found.Metadata.Labels : null;

    /// <summary>Whether the object is in the gateway's own namespace.</summary>
    public bool IsAtHome(KubernetesObject of) => of.Metadata.Namespace == gateway.Metadata.Namespace;

    /// <summary>Tells where labels decide that nobody here can see: no other namespace is admitted then.</summary>
    public void Check(FindingLog log)
    {
        if (seesNamespaces || gateway.Spec.AllowedKeys.Namespaces.From != NamespacesFrom.Selector)
            return;
        log.Warn(
            gateway,
            ConditionTypes.Accepted,
            ConditionReasons.NamespacesNotWatched,
            "spec.allowedKeys.namespaces.selector",
            "this operator watches some namespaces only and cannot see their labels, so no other namespace is admitted; "
            + "let it watch the whole cluster, or say `from: All`");
    }

    /// <summary>False, with a finding, where the gateway does not admit the object's namespace.</summary>
    public bool Admits(KubernetesObject of, FindingLog log)
    {
        var allowed = gateway.Spec.AllowedKeys.Namespaces;
        var isAdmitted = allowed.From switch
        {
            _ when IsAtHome(of) => true,
            NamespacesFrom.Same => false,
            NamespacesFrom.All => true,
            _ => LabelsOf(of.Metadata.Namespace) is { } labels && allowed.Selector is { } selector && selector.Matches(labels),
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
