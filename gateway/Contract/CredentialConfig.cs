namespace Gateway.Contract;

/// <summary>A provider's secret. Never logged, never echoed.</summary>
public sealed record CredentialConfig
{
    /// <summary><c>namespace/secret/key</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The secret itself.</summary>
    public required string Value { get; init; }

    /// <summary>Only the name: a record that is printed by accident gives nothing away.</summary>
    public override string ToString() => $"CredentialConfig {Name}";
}
