using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Metering;

namespace Gateway.Server.Config;

/// <summary>A target ready to be sent to.</summary>
internal sealed class TargetModel
{
    private const string OpenAIBaseUrl = "https://api.openai.com/v1";
    private const string AnthropicBaseUrl = "https://api.anthropic.com/v1";
    private const string SimulatedBaseUrl = "http://simulated.invalid/v1";

    public TargetModel(TargetConfig config, RouteModel route, SettingsConfig settings, string? credential, PriceModel? price)
    {
        Id = $"{route.Id}/{config.Name}";
        Name = config.Name;
        Route = route;
        Provider = config.Provider;
        UpstreamModel = config.UpstreamModel;
        BaseUrl = Root(config);
        HasCustomBaseUrl = config.BaseUrl is not null;
        Credential = credential;
        Priority = config.Priority;
        Weight = config.Weight;
        Timeouts = TargetTimeouts.Of(config.Timeouts, settings.Timeouts);
        Headers = [.. config.Headers];
        Price = price;
        SupportsStreamUsage = config.SupportsStreamUsage;
        Simulated = config.Provider == Provider.Simulated ? config.Simulated ?? new() : null;
    }

    /// <summary><c>namespace/route/target</c>: what health, metrics and the answer's <c>x-litellm-model-id</c> know it by.</summary>
    public string Id { get; }

    public string Name { get; }

    public RouteModel Route { get; }

    public Provider Provider { get; }

    /// <summary>Null: the name that the caller used.</summary>
    public string? UpstreamModel { get; }

    /// <summary>Without a trailing slash.</summary>
    public string BaseUrl { get; }

    public bool HasCustomBaseUrl { get; }

    public string? Credential { get; }

    public int Priority { get; }

    public int Weight { get; }

    public TargetTimeouts Timeouts { get; }

    public ImmutableArray<KeyValuePair<string, string>> Headers { get; }

    /// <summary>Null: not known, which is not zero.</summary>
    public PriceModel? Price { get; }

    public bool SupportsStreamUsage { get; }

    /// <summary>Set with <see cref="Provider.Simulated"/> and only then.</summary>
    public SimulatedConfig? Simulated { get; }

    private static string Root(TargetConfig config)
    {
        var url = (config.BaseUrl ?? config.Provider switch
        {
            Provider.Anthropic => AnthropicBaseUrl,
            Provider.Simulated => SimulatedBaseUrl,
            _ => OpenAIBaseUrl,
        }).TrimEnd('/');

        // Anthropic's own clients take the root without /v1, so both forms are in use.
        return config.Provider == Provider.Anthropic && !url.EndsWith("/v1", StringComparison.Ordinal) ? url + "/v1" : url;
    }
}

/// <summary>Time-outs with every default filled in.</summary>
internal sealed record TargetTimeouts(TimeSpan Connect, TimeSpan FirstByte, TimeSpan Idle, TimeSpan Total)
{
    public static TargetTimeouts Of(TimeoutsConfig target, TimeoutsConfig gateway) => new(
        Pick(target.ConnectMilliseconds, gateway.ConnectMilliseconds, 5),
        Pick(target.FirstByteMilliseconds, gateway.FirstByteMilliseconds, 300),
        Pick(target.IdleMilliseconds, gateway.IdleMilliseconds, 300),
        Pick(target.TotalMilliseconds, gateway.TotalMilliseconds, 3600));

    private static TimeSpan Pick(int? target, int? gateway, int defaultSeconds) =>
        (target ?? gateway) is { } milliseconds ? TimeSpan.FromMilliseconds(milliseconds) : TimeSpan.FromSeconds(defaultSeconds);
}
