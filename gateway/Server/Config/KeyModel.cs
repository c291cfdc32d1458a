using System.Collections.Immutable;
using Gateway.Contract;

namespace Gateway.Server.Config;

/// <summary>A virtual key ready to be asked.</summary>
internal sealed class KeyModel
{
    private readonly ImmutableArray<ModelPattern> _ceiling;

    public KeyModel(KeyConfig config, ImmutableArray<ModelPattern> ceiling, ImmutableArray<BudgetModel> budgets)
    {
        Id = config.Object.Id();
        Name = config.Object.Name;
        KeyId = config.KeyId;
        State = config.State;
        ExpirationTime = config.ExpirationTime;
        Limits = config.Limits;
        Attribution = config.Attribution;
        Budgets = [.. budgets.Where(b => b.Covers(Id))];
        Models = ModelPatterns.Parse(config.Models);
        _ceiling = ceiling;
    }

    /// <summary><c>namespace/name</c>.</summary>
    public string Id { get; }

    public string Name { get; }

    /// <summary>The public part, safe to log.</summary>
    public string KeyId { get; }

    public KeyState State { get; }

    public DateTimeOffset? ExpirationTime { get; }

    public LimitsConfig Limits { get; }

    public ImmutableSortedDictionary<string, string> Attribution { get; }

    /// <summary>What the key may use, within the gateway's ceiling.</summary>
    public ImmutableArray<ModelPattern> Models { get; }

    /// <summary>Every budget that selects this key.</summary>
    public ImmutableArray<BudgetModel> Budgets { get; }

    /// <summary>
    /// Whether the key and the gateway's ceiling both allow the model, by the name that the caller used or by the route's own.
    /// </summary>
    public bool MayUse(string name, RouteModel route) =>
        (Models.MatchAny(name) || (route.IsExact && Models.MatchAny(route.Model)))
        && (_ceiling.MatchAny(name) || (route.IsExact && _ceiling.MatchAny(route.Model)));
}
