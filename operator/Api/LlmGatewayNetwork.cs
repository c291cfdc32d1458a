using System.Collections.Immutable;
using System.Text.Json.Serialization;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>The Service that callers use.</summary>
internal sealed record ServiceSpec
{
    /// <summary>Its type.</summary>
    public ServiceType Type { get; init; } = ServiceType.ClusterIP;

    /// <summary>Its port.</summary>
    [Bounds(1, 65_535)]
    public int Port { get; init; } = 4000;

    /// <summary>Its annotations, as load balancers need them.</summary>
    [Entries(32, KeyMaxLength = 317, KeyPattern = Patterns.QualifiedName, KeyMeans = Patterns.QualifiedNameMeans)]
    [Text(1024, MinLength = 0)]
    public ImmutableSortedDictionary<string, string> Annotations { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>Type of a Service.</summary>
internal enum ServiceType
{
    /// <summary>Inside the cluster.</summary>
    ClusterIP,

    /// <summary>On each node.</summary>
    NodePort,

    /// <summary>By a load balancer of the cluster's provider.</summary>
    LoadBalancer,
}

/// <summary>TLS on the data port.</summary>
internal sealed record TlsSpec
{
    /// <summary>A Secret of type kubernetes.io/tls.</summary>
    public required LocalSecretReference SecretRef { get; init; }
}

/// <summary>How the gateway is reached from outside: exactly one member is set.</summary>
[CelRule("has(self.gatewayAPI) != has(self.ingress)", RuleMessages.OneExposure)]
internal sealed record ExposureSpec
{
    /// <summary>By an HTTPRoute.</summary>
    [JsonPropertyName("gatewayAPI")]
    public GatewayApiExposure? GatewayApi { get; init; }

    /// <summary>By an Ingress.</summary>
    public IngressExposure? Ingress { get; init; }
}

/// <summary>An HTTPRoute. https://gateway-api.sigs.k8s.io/api-types/httproute/</summary>
internal sealed record GatewayApiExposure
{
    /// <summary>The Gateways that it attaches to.</summary>
    [Items(4, Min = 1)]
    public required ImmutableArray<ParentReference> ParentRefs { get; init; }

    /// <summary>Host names; empty: those of the Gateway.</summary>
    [Items(16, Type = ListType.Set), Text(253, Pattern = Patterns.HostPattern, Means = Patterns.HostPatternMeans)]
    public ImmutableArray<string> Hostnames { get; init; } = [];
}

/// <summary>A Gateway of the Gateway API.</summary>
internal sealed record ParentReference
{
    /// <summary>Its name.</summary>
    [Text(253, Pattern = Patterns.DnsSubdomain, Means = Patterns.DnsSubdomainMeans)]
    public required string Name { get; init; }

    /// <summary>Its namespace; default: that of the LlmGateway.</summary>
    [Text(63, Pattern = Patterns.DnsLabel, Means = Patterns.DnsLabelMeans)]
    public string? Namespace { get; init; }

    /// <summary>One of its listeners; default: all.</summary>
    [Text(253, Pattern = Patterns.DnsSubdomain, Means = Patterns.DnsSubdomainMeans)]
    public string? SectionName { get; init; }
}

/// <summary>An Ingress.</summary>
internal sealed record IngressExposure
{
    /// <summary>Its class; default: the cluster's own.</summary>
    [Text(253, Pattern = Patterns.DnsSubdomain, Means = Patterns.DnsSubdomainMeans)]
    public string? ClassName { get; init; }

    /// <summary>The host name.</summary>
    [Text(253, Pattern = Patterns.HostPattern, Means = Patterns.HostPatternMeans)]
    public required string Host { get; init; }

    /// <summary>A Secret of type kubernetes.io/tls; default: no TLS at the Ingress.</summary>
    public LocalSecretReference? TlsSecretRef { get; init; }

    /// <summary>Its annotations.</summary>
    [Entries(32, KeyMaxLength = 317, KeyPattern = Patterns.QualifiedName, KeyMeans = Patterns.QualifiedNameMeans)]
    [Text(1024, MinLength = 0)]
    public ImmutableSortedDictionary<string, string> Annotations { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>Who may open connections to the pods. Only ingress: what goes out is the address guard's matter.</summary>
internal sealed record NetworkPolicySpec
{
    /// <summary>Whether the operator writes a NetworkPolicy.</summary>
    public NetworkPolicyMode Mode { get; init; } = NetworkPolicyMode.Managed;

    /// <summary>Who may reach the data port; empty: everybody.</summary>
    [Items(16)]
    public ImmutableArray<NetworkPolicyPeer> IngressFrom { get; init; } = [];
}

/// <summary>Whether the operator writes a NetworkPolicy.</summary>
internal enum NetworkPolicyMode
{
    /// <summary>It does.</summary>
    Managed,

    /// <summary>It does not.</summary>
    Disabled,
}

/// <summary>Peers of a NetworkPolicy: selectors, or a block of addresses.</summary>
[CelRule(
    "has(self.ipBlock) != (has(self.namespaceSelector) || has(self.podSelector))",
    RuleMessages.OnePeer)]
internal sealed record NetworkPolicyPeer
{
    /// <summary>Pods of the namespaces with these labels.</summary>
    public LabelSelector? NamespaceSelector { get; init; }

    /// <summary>Pods with these labels; in the gateway's namespace where `namespaceSelector` is not set.</summary>
    public LabelSelector? PodSelector { get; init; }

    /// <summary>Addresses.</summary>
    public IPBlock? IpBlock { get; init; }
}

/// <summary>A block of addresses.</summary>
internal sealed record IPBlock
{
    /// <summary>As 10.0.0.0/8.</summary>
    [Text(64, Pattern = "^[0-9a-fA-F.:]+/[0-9]{1,3}$", Means = "must be a block of addresses, as 10.0.0.0/8")]
    public required string Cidr { get; init; }

    /// <summary>Blocks inside it that are left out.</summary>
    [Items(16, Type = ListType.Set)]
    [Text(64, Pattern = "^[0-9a-fA-F.:]+/[0-9]{1,3}$", Means = "must be a block of addresses, as 10.0.0.0/8")]
    public ImmutableArray<string> Except { get; init; } = [];
}
