using System.Collections.Frozen;
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

    private readonly PriceModel? _price;
    private readonly FrozenDictionary<string, PriceModel> _prices;

    public TargetModel(
        TargetConfig config, RouteModel route, SettingsConfig settings, string? credential, IReadOnlyDictionary<string, PriceModel> prices)
    {
        Id = $"{route.Id}/{config.Name}";
        Name = config.Name;
        Route = route;
        Provider = config.Provider;
        UpstreamModel = config.UpstreamModel;
        BaseUrl = Root(config);
        HasCustomBaseUrl = config.BaseUrl is not null;
        IsHostAllowed = config.Provider == Provider.Simulated
            || (UpstreamHost.Of(BaseUrl) is { } host && UpstreamHost.IsAllowed(host, settings.AllowedUpstreamHosts));
        Credential = credential;
        Priority = config.Priority;
        Weight = config.Weight;
        Timeouts = TargetTimeouts.Of(config.Timeouts, settings.Timeouts);
        Headers = [.. config.Headers];
        _price = config.Price is null ? null : prices[config.Price];
        _prices = (config.Prices ?? ImmutableSortedDictionary<string, string>.Empty)
            .ToFrozenDictionary(p => p.Key, p => prices[p.Value], StringComparer.Ordinal);
        SupportsStreamUsage = config.SupportsStreamUsage;
        Simulated = config.Provider == Provider.Simulated ? config.Simulated ?? new() : null;
    }

    /// <summary><c>namespace/route/target</c>: what health, metrics and the answer's <c>x-litellm-model-id</c> know it by.</summary>
    public string Id { get; }

    public string Name { get; }

    public RouteModel Route { get; }

    public Provider Provider { get; }

    /// <summary>See <see cref="UpstreamModelFor"/>. Null: the name that the caller used.</summary>
    public string? UpstreamModel { get; }

    /// <summary>Without a trailing slash.</summary>
    public string BaseUrl { get; }

    public bool HasCustomBaseUrl { get; }

    /// <summary>Whether the gateway's <c>allowedUpstreamHosts</c> name the host; where they do not, nothing is sent there.</summary>
    public bool IsHostAllowed { get; }

    public string? Credential { get; }

    public int Priority { get; }

    public int Weight { get; }

    public TargetTimeouts Timeouts { get; }

    public ImmutableArray<KeyValuePair<string, string>> Headers { get; }

    public bool SupportsStreamUsage { get; }

    /// <summary>Set with <see cref="Provider.Simulated"/> and only then.</summary>
    public SimulatedConfig? Simulated { get; }

    /// <summary>
    /// The upstream's name of a public model. A <c>*</c> in <see cref="UpstreamModel"/> stands for what the route's own <c>*</c> matched,
    /// so that <c>openai/*</c> can become <c>*</c>.
    /// </summary>
    public string UpstreamModelFor(string model)
    {
        if (UpstreamModel is not { } name)
            return model;
        if (Route.IsExact || !name.Contains('*', StringComparison.Ordinal))
            return name;
        var pattern = ModelPatterns.Parse(Route.Model);
        if (!pattern.Matches(model))
            return name.Replace("*", model, StringComparison.Ordinal);
        var rest = Route.Model[0] == '*' ? model[..^pattern.Text.Length] : model[pattern.Text.Length..];
        return name.Replace("*", rest, StringComparison.Ordinal);
    }

    /// <summary>What the target asks for a public model. Null: not known, which is not zero.</summary>
    public PriceModel? PriceFor(string model) =>
        _prices.Count > 0 && _prices.TryGetValue(UpstreamModelFor(model), out var price) ? price : _price;

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
