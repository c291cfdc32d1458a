using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api.Schema;

namespace Operator.Api;

/// <summary>A key that callers present to a gateway. The operator makes it and writes it into a Secret.</summary>
[Resource("VirtualKey", "virtualkeys", ShortName = "vkey")]
[SelectableField(".spec.gatewayRef.name")]
[PrinterColumn("GATEWAY", ".spec.gatewayRef.name")]
[PrinterColumn("STATE", ".spec.state")]
[PrinterColumn("SECRET", ".status.secretRef.name")]
[PrinterColumn("READY", """.status.conditions[?(@.type=="Ready")].status""")]
[PrinterColumn("EXPIRES", ".spec.expirationTime")]
[PrinterColumn("KEY-ID", ".status.keyId", Priority = 1)]
[PrinterColumn("REASON", """.status.conditions[?(@.type=="Ready")].reason""", Priority = 1)]
[CelRule("self.metadata.name.size() <= 249 || has(self.spec.secret.name)", RuleMessages.KeyNameTooLong)]
internal sealed record VirtualKey() : Resource<VirtualKeySpec, VirtualKeyStatus>(KindName)
{
    public const string KindName = "VirtualKey";

    /// <summary>Name of the Secret that the operator writes the key into.</summary>
    public string SecretName() => Spec.Secret.Name ?? $"{Metadata.Name}-key";
}

/// <summary>What a key may do.</summary>
[CelRule("!(has(self.valueFrom) && has(self.rotation))", RuleMessages.RotationOfValueFrom)]
[CelRule(
    "!has(self.valueFrom) || !has(self.secret.name) || self.valueFrom.secretRef.name != self.secret.name",
    RuleMessages.SecretIsSource)]
internal sealed record VirtualKeySpec
{
    /// <summary>The gateway that takes the key.</summary>
    [CelRule("self == oldSelf", RuleMessages.Immutable)]
    public required GatewayReference GatewayRef { get; init; }

    /// <summary>Models that the key may use, with at most one `*` each; `["*"]`: all that the gateway allows.</summary>
    [Items(64, Min = 1, Type = ListType.Set), Text(253, Pattern = Patterns.Model, Means = Patterns.ModelMeans)]
    public required ImmutableArray<string> Models { get; init; }

    /// <summary>Whether the key is accepted.</summary>
    public KeyState State { get; init; } = KeyState.Active;

    /// <summary>The Secret that the operator writes the key into.</summary>
    [CelRule(
        "has(self.name) == has(oldSelf.name) && (!has(self.name) || self.name == oldSelf.name)",
        RuleMessages.SecretNameImmutable)]
    public KeySecretSpec Secret { get; init; } = new();

    /// <summary>Takes a key that exists instead of making one.</summary>
    public KeySource? ValueFrom { get; init; }

    /// <summary>Limits of the key by itself; default: none.</summary>
    public KeyLimits? Limits { get; init; }

    /// <summary>From then on the key is refused.</summary>
    public DateTimeOffset? ExpirationTime { get; init; }

    /// <summary>Makes a new key from time to time; default: never.</summary>
    public RotationSpec? Rotation { get; init; }

    /// <summary>Free text (team, app …) that goes with every ledger row. Never trusted.</summary>
    [Entries(16, KeyMaxLength = 63, KeyPattern = Patterns.LabelValue, KeyMeans = Patterns.LabelValueMeans)]
    [Text(256, MinLength = 0)]
    public ImmutableSortedDictionary<string, string> Attribution { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>The Secret that the operator writes a key into.</summary>
internal sealed record KeySecretSpec
{
    /// <summary>Its name; default: the VirtualKey's with `-key` behind it.</summary>
    [Text(253, Pattern = Patterns.DnsSubdomain, Means = Patterns.DnsSubdomainMeans)]
    public string? Name { get; init; }

    /// <summary>The key in it. While a rotation is under way, the next one stands under this with `-next` behind it.</summary>
    [Text(248, Pattern = Patterns.SecretKey, Means = Patterns.SecretKeyMeans)]
    public string Key { get; init; } = "api-key";

    /// <summary>Labels that it gets.</summary>
    [Entries(16, KeyMaxLength = 317, KeyPattern = Patterns.QualifiedName, KeyMeans = Patterns.QualifiedNameMeans)]
    [Text(63, MinLength = 0, Pattern = Patterns.LabelValue, Means = Patterns.LabelValueMeans)]
    public ImmutableSortedDictionary<string, string> Labels { get; init; } = ImmutableSortedDictionary<string, string>.Empty;
}

/// <summary>A key that exists.</summary>
internal sealed record KeySource
{
    /// <summary>Where it stands, in the same namespace.</summary>
    public required SecretKeyReference SecretRef { get; init; }
}

/// <summary>Limits of one key. What is not set is not limited.</summary>
internal sealed record KeyLimits
{
    /// <summary>Requests in a UTC minute.</summary>
    [Bounds(1, BoundsAttribute.MaxExact)]
    public long? RequestsPerMinute { get; init; }

    /// <summary>Input and output tokens in a UTC minute.</summary>
    [Bounds(1, BoundsAttribute.MaxExact)]
    public long? TokensPerMinute { get; init; }

    /// <summary>Calls at the same time.</summary>
    [Bounds(1, BoundsAttribute.MaxExact)]
    public long? MaxParallelRequests { get; init; }
}

/// <summary>How often a new key is made.</summary>
[CelRule("self.overlapSeconds < self.periodSeconds", RuleMessages.OverlapAbovePeriod)]
internal sealed record RotationSpec
{
    /// <summary>From one new key to the next.</summary>
    [Bounds(3600, 315_360_000)]
    public required long PeriodSeconds { get; init; }

    /// <summary>How long the old key is taken beside the new one; default a day.</summary>
    [Bounds(0, 604_800)]
    public long OverlapSeconds { get; init; } = 86_400;
}
