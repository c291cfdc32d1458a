using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>
/// Asks the validator of the contract, which the gateway asks too, and leaves out what it complains of: one bad object never stops another.
/// </summary>
internal static class LastCheck
{
    /// <summary>A snapshot that the validator passes; null where it complains of the gateway itself.</summary>
    public static ConfigSnapshot? Pass(ConfigSnapshot config, FindingLog log)
    {
        while (true)
        {
            var errors = SnapshotValidator.Validate(config with { Revision = 1 });
            if (errors.IsEmpty)
                return config;
            foreach (var error in errors)
                log.Fail(Named(error, config), ConditionTypes.Accepted, ConditionReasons.Invalid, Field(error), error.Message);
            var before = Count(config);
            config = Without(config, errors);
            if (Count(config) == before)
                return null;
        }
    }

    private static ConfigSnapshot Without(ConfigSnapshot config, ImmutableArray<ConfigError> errors)
    {
        bool Stays(ObjectReference of) => !errors.Any(e => e.Kind == of.Kind && e.Namespace == of.Namespace && e.Name == of.Name);
        ImmutableArray<RouteConfig> routes = [.. config.Routes.Where(r => Stays(r.Object))];
        var targets = routes.SelectMany(r => r.Targets).ToList();
        return config with
        {
            Routes = routes,
            Credentials = [.. config.Credentials.Where(c => targets.Any(t => t.Credential == c.Name))],
            Prices = [.. config.Prices.Where(p => targets.Any(t => t.PriceNames().Contains(p.Name)))],
            Keys = [.. config.Keys.Where(k => Stays(k.Object))],
            Budgets = [.. config.Budgets.Where(b => Stays(b.Object))],
        };
    }

    private static ObjectReference Named(ConfigError error, ConfigSnapshot config) =>
        new() { Kind = error.Kind, Namespace = error.Namespace, Name = error.Name, Uid = error.Kind == config.Object.Kind ? config.Object.Uid : "" };

    private static string Field(ConfigError error) =>
        error.Field.Length == 0 || error.Field.StartsWith("metadata.", StringComparison.Ordinal) ? error.Field : $"spec.{error.Field}";

    private static int Count(ConfigSnapshot config) => config.Routes.Length + config.Keys.Length + config.Budgets.Length;
}
