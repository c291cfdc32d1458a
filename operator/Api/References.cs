using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>One key of a Secret in the same namespace.</summary>
internal sealed record SecretKeyReference
{
    /// <summary>Name of the Secret.</summary>
    [Text(253, Pattern = Patterns.DnsSubdomain, Means = Patterns.DnsSubdomainMeans)]
    public required string Name { get; init; }

    /// <summary>The key in it.</summary>
    [Text(253, Pattern = Patterns.SecretKey, Means = Patterns.SecretKeyMeans)]
    public required string Key { get; init; }
}

/// <summary>A Secret in the same namespace that holds a connection string.</summary>
internal sealed record ConnectionSecretReference
{
    /// <summary>Name of the Secret.</summary>
    [Text(253, Pattern = Patterns.DnsSubdomain, Means = Patterns.DnsSubdomainMeans)]
    public required string Name { get; init; }

    /// <summary>The key in it.</summary>
    [Text(253, Pattern = Patterns.SecretKey, Means = Patterns.SecretKeyMeans)]
    public string Key { get; init; } = "uri";
}

/// <summary>A Secret in the same namespace that holds certificates of authorities, as PEM.</summary>
internal sealed record CertificateSecretReference
{
    /// <summary>Name of the Secret.</summary>
    [Text(253, Pattern = Patterns.DnsSubdomain, Means = Patterns.DnsSubdomainMeans)]
    public required string Name { get; init; }

    /// <summary>The key in it.</summary>
    [Text(253, Pattern = Patterns.SecretKey, Means = Patterns.SecretKeyMeans)]
    public string Key { get; init; } = "ca.crt";
}

/// <summary>A Secret in the same namespace as a whole.</summary>
internal sealed record LocalSecretReference
{
    /// <summary>Name of the Secret.</summary>
    [Text(253, Pattern = Patterns.DnsSubdomain, Means = Patterns.DnsSubdomainMeans)]
    public required string Name { get; init; }
}

/// <summary>An LlmGateway in the same namespace.</summary>
internal sealed record LocalGatewayReference
{
    /// <summary>Name of the LlmGateway.</summary>
    [Text(50, Pattern = Patterns.DnsLabel, Means = Patterns.DnsLabelMeans)]
    public required string Name { get; init; }
}

/// <summary>An LlmGateway, also in another namespace.</summary>
internal sealed record GatewayReference
{
    /// <summary>Name of the LlmGateway.</summary>
    [Text(50, Pattern = Patterns.DnsLabel, Means = Patterns.DnsLabelMeans)]
    public required string Name { get; init; }

    /// <summary>Its namespace; default: that of this object. The gateway decides by `allowedKeys` whom it admits.</summary>
    [Text(63, Pattern = Patterns.DnsLabel, Means = Patterns.DnsLabelMeans)]
    public string? Namespace { get; init; }
}
