using System.Collections.Immutable;
using System.Text.Json.Nodes;
using Operator.Api;

namespace Operator.Children;

/// <summary>
/// Who may open connections to the pods: to the data port as configured, to the admin port the operator, to the metrics everybody.
/// </summary>
internal static class NetworkPolicyChild
{
    /// <summary>Set on each namespace by the API server. https://kubernetes.io/docs/reference/labels-annotations-taints/</summary>
    private const string NamespaceName = "kubernetes.io/metadata.name";

    public static Child? Of(ChildrenInputs inputs)
    {
        var gateway = inputs.Gateway;
        if (gateway.Spec.NetworkPolicy.Mode == NetworkPolicyMode.Disabled)
            return null;
        var name = gateway.Metadata.Name;
        var content = new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["podSelector"] = ChildLabels.Selector(name),
                ["policyTypes"] = new JsonArray("Ingress"),
                ["ingress"] = new JsonArray(
                    Rule(PodPorts.Data, gateway.Spec.NetworkPolicy.IngressFrom.Select(Peer)),
                    Rule(PodPorts.Admin, [OperatorPods(inputs.Operator)]),
                    Rule(PodPorts.Metrics, [])),
            },
        };
        return ManifestJson.Child(gateway, new(ChildKind.NetworkPolicy, ChildNames.Own(name)), content);
    }

    /// <summary>Without peers: everybody.</summary>
    private static JsonObject Rule(int port, IEnumerable<JsonObject> peers)
    {
        var from = ManifestJson.List(peers);
        return new()
        {
            ["ports"] = new JsonArray(new JsonObject { ["port"] = port, ["protocol"] = "TCP" }),
            ["from"] = from.Count == 0 ? null : from,
        };
    }

    private static JsonObject OperatorPods(OperatorFacts facts) => new()
    {
        ["namespaceSelector"] = new JsonObject { ["matchLabels"] = new JsonObject { [NamespaceName] = facts.Namespace } },
        ["podSelector"] = new JsonObject { ["matchLabels"] = ManifestJson.Map(facts.PodLabels) },
    };

    private static JsonObject Peer(NetworkPolicyPeer peer) => new()
    {
        ["namespaceSelector"] = peer.NamespaceSelector is { } namespaces ? Selector(namespaces) : null,
        ["podSelector"] = peer.PodSelector is { } pods ? Selector(pods) : null,
        ["ipBlock"] = peer.IpBlock is { } block
            ? new JsonObject { ["cidr"] = block.Cidr, ["except"] = Texts(block.Except) }
            : null,
    };

    /// <summary>An empty one is left as it is: it selects everything.</summary>
    private static JsonObject Selector(LabelSelector selector) => new()
    {
        ["matchLabels"] = selector.MatchLabels.IsEmpty ? null : ManifestJson.Map(selector.MatchLabels),
        ["matchExpressions"] = selector.MatchExpressions.IsEmpty
            ? null
            : ManifestJson.List(selector.MatchExpressions.Select(e => new JsonObject
            {
                ["key"] = e.Key,
                ["operator"] = e.Operator.ToString(),
                ["values"] = Texts(e.Values),
            })),
    };

    private static JsonArray? Texts(ImmutableArray<string> texts) =>
        texts.IsEmpty ? null : ManifestJson.List(texts.Select(t => (JsonNode?)t));
}
