using System.Collections.Immutable;
using Gateway.Contract;

namespace Gateway.Server.Config;

/// <summary>A route ready to be planned over.</summary>
internal sealed class RouteModel
{
    public RouteModel(RouteConfig config, SettingsConfig settings, Func<TargetConfig, RouteModel, TargetModel> target)
    {
        Id = config.Object.Id();
        Model = config.Model;
        IsExact = ModelPatterns.Parse(config.Model).IsExact;
        Names = [config.Model, .. config.Aliases];
        Fallbacks = config.Fallbacks;
        Retry = config.Retry ?? settings.Retry;
        Strategy = config.Strategy;
        Targets = [.. config.Targets.Select(t => target(t, this))];
    }

    /// <summary><c>namespace/name</c>.</summary>
    public string Id { get; }

    /// <summary>The public name, or a pattern.</summary>
    public string Model { get; }

    /// <summary>False where <see cref="Model"/> is a pattern.</summary>
    public bool IsExact { get; }

    /// <summary>The public name and the aliases.</summary>
    public ImmutableArray<string> Names { get; }

    public ImmutableArray<string> Fallbacks { get; }

    public RetryConfig Retry { get; }

    public RoutingStrategy Strategy { get; }

    public ImmutableArray<TargetModel> Targets { get; }
}
