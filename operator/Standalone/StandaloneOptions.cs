namespace Operator.Standalone;

/// <summary>What the command line says.</summary>
internal sealed record StandaloneOptions
{
    /// <summary>The folder of manifests.</summary>
    public required string Manifests { get; init; }

    /// <summary>Where keys and spend are kept; default <c>.state</c>.</summary>
    public string State { get; init; } = ".state";

    /// <summary>The command that starts a gateway.</summary>
    public required string GatewayCommand { get; init; }

    /// <summary>Which LlmGateway of the folder is served; default: the first.</summary>
    public string? GatewayName { get; init; }

    /// <summary>The port of the data plane; 0: any free one.</summary>
    public int Port { get; init; } = 4000;

    /// <summary>The port of the metrics; where it is in use any free one is taken.</summary>
    public int MetricsPort { get; init; } = 4002;
}
