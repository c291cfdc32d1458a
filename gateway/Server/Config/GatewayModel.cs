using System.Collections.Frozen;
using System.Collections.Immutable;
using Gateway.Contract;
using Gateway.Server.Metering;

namespace Gateway.Server.Config;

/// <summary>
/// A snapshot compiled once, so that no request parses config. Immutable: another config is another model, swapped whole.
/// </summary>
internal sealed class GatewayModel
{
    private readonly FrozenDictionary<KeyDigest, AcceptedKey> _keys;
    private readonly FrozenDictionary<string, RouteModel> _exact;
    private readonly ImmutableArray<(ModelPattern Pattern, RouteModel Route)> _patterns;

    private GatewayModel(ConfigSnapshot snapshot, DateTimeOffset appliedTime)
    {
        var settings = snapshot.Settings;
        var credentials = snapshot.Credentials.ToDictionary(c => c.Name, c => c.Value);
        var prices = snapshot.Prices.ToDictionary(p => p.Name, p => new PriceModel(p));
        var ceiling = ModelPatterns.Parse(settings.AllowedModels);

        Uid = snapshot.Gateway;
        Id = snapshot.Object.Id();
        Revision = snapshot.Revision;
        Hash = snapshot.Hash;
        AppliedTime = appliedTime;
        Settings = settings;
        HasOneCurrency = snapshot.Prices.Select(p => p.Currency).Distinct(StringComparer.Ordinal).Count() <= 1;
        Budgets = [.. snapshot.Budgets.Select(b => new BudgetModel(b))];
        Routes = [.. snapshot.Routes.Select(r => new RouteModel(r, settings, Target))];
        Keys = [.. snapshot.Keys.Select(k => new KeyModel(k, ceiling, Budgets))];
        _keys = snapshot.Keys.Zip(Keys)
            .SelectMany(
                k => k.First.Hashes, (k, h) => (Digest: KeyDigest.Parse(h.Sha256), Key: new AcceptedKey(k.Second, h.ExpirationTime)))
            .ToFrozenDictionary(k => k.Digest, k => k.Key);

        var names = Routes.SelectMany(r => r.Names, (r, n) => (Pattern: ModelPatterns.Parse(n), Route: r)).ToArray();
        _exact = names.Where(n => n.Pattern.IsExact).ToFrozenDictionary(n => n.Pattern.Text, n => n.Route, StringComparer.Ordinal);
        _patterns = [.. names.Where(n => !n.Pattern.IsExact).OrderByDescending(n => n.Pattern.Specificity)];

        TargetModel Target(TargetConfig target, RouteModel route) => new(
            target,
            route,
            settings,
            target.Credential is null ? null : credentials[target.Credential],
            prices);
    }

    /// <summary>Uid of the LlmGateway.</summary>
    public string Uid { get; }

    /// <summary><c>namespace/name</c> of the LlmGateway.</summary>
    public string Id { get; }

    public long Revision { get; }

    /// <summary>False: its prices are in several, and what one key pays under them adds up to no amount.</summary>
    public bool HasOneCurrency { get; }

    public string Hash { get; }

    public DateTimeOffset AppliedTime { get; }

    public SettingsConfig Settings { get; }

    public ImmutableArray<BudgetModel> Budgets { get; }

    public ImmutableArray<RouteModel> Routes { get; }

    public ImmutableArray<KeyModel> Keys { get; }

    /// <summary>Only for a snapshot without findings of <see cref="SnapshotValidator"/>; throws on any other.</summary>
    public static GatewayModel Compile(ConfigSnapshot snapshot, DateTimeOffset appliedTime) => new(snapshot, appliedTime);

    /// <summary>Null for a key that nobody has.</summary>
    public AcceptedKey? FindKey(in KeyDigest digest) => _keys.GetValueOrDefault(digest);

    /// <summary>Exact beats the longest prefix or suffix, which beats <c>*</c>. Null for a model that no route has.</summary>
    public RouteModel? FindRoute(string model)
    {
        if (_exact.TryGetValue(model, out var route))
            return route;
        foreach (var (pattern, candidate) in _patterns)
        {
            if (pattern.Matches(model))
                return candidate;
        }

        return null;
    }
}

/// <summary>A key and until when this form of it is accepted; null: as long as the key itself.</summary>
internal sealed record AcceptedKey(KeyModel Key, DateTimeOffset? ExpirationTime);
