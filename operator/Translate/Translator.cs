using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>Turns the resources of one gateway into its config and findings. Pure: equal inputs give an equal result.</summary>
/// <remarks>
/// <list type="number">
/// <item>Choose the version of each object that counts.</item>
/// <item>Routes: names, credentials, prices.</item>
/// <item>Keys: who is admitted, by which hashes.</item>
/// <item>Budgets: which keys each selects.</item>
/// <item>Say where each object stands.</item>
/// <item>Ask the contract's validator. The versions that it complains of count as invalid: once more from 1.</item>
/// </list>
/// </remarks>
internal static class Translator
{
    /// <summary>Never fails: whatever is wrong with an object is a finding, and never keeps another object out.</summary>
    public static Translation Translate(TranslateInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        ImmutableArray<RefusedVersion> faults = [];
        while (true)
        {
            var translation = Translate(inputs, faults);

            // 6. Each round knows at least one version more, because a version with a fault is not carried again.
            var more = translation.Config is { } config ? LastCheck.Faults(config) : [];
            if (more.IsEmpty)
                return translation;
            faults = [.. faults, .. more];
        }
    }

    private static Translation Translate(TranslateInputs inputs, ImmutableArray<RefusedVersion> faults)
    {
        var log = new FindingLog();

        // 1. Versions.
        var choice = new VersionChoice(inputs, faults, log);
        var gateway = choice.Choose(inputs.Gateway, inputs.LastValid.Gateway, Restrictions.OfGateway);
        var routes = choice.Choose(inputs.Routes, inputs.LastValid.Routes, Restrictions.OfRoute);
        var keys = choice.Choose(inputs.Keys, inputs.LastValid.Keys, Restrictions.OfKey);
        var budgets = choice.Choose(inputs.Budgets, inputs.LastValid.Budgets, Restrictions.OfBudget);

        var prices = new PriceBook(inputs.Prices, inputs.Now);
        var config = gateway.InForce is { } inForce ? Assemble(inputs, inForce, routes, keys, budgets, prices, log) : null;
        return new()
        {
            Config = config,
            Verdicts = Verdicts.Of(inputs, config, log), // 5.
            Findings = log.ToImmutable(),
            LastValid = new()
            {
                Gateway = gateway.LastValid,
                Routes = ById(routes, inputs.LastValid.Routes),
                Keys = ById(keys, inputs.LastValid.Keys),
                Budgets = ById(budgets, inputs.LastValid.Budgets),
            },
            NextChange = NextChange.After(inputs.Now, config, prices),
        };
    }

    private static ConfigSnapshot Assemble(
        TranslateInputs inputs,
        LlmGateway gateway,
        ImmutableArray<Chosen<ModelRoute>> routes,
        ImmutableArray<Chosen<VirtualKey>> keys,
        ImmutableArray<Chosen<Budget>> budgets,
        PriceBook prices,
        FindingLog log)
    {
        var secrets = new SecretLookup(inputs.Secrets, inputs.UnreadableSecrets);
        var targets = new TargetTranslation(gateway.Spec, secrets, prices, log);
        var admission = new Admission(gateway, inputs.Namespaces, inputs.SeesNamespaces);
        admission.Check(log);
        new GatewaySecrets(gateway, secrets, log).Check(inputs.IsCluster);

        // 2. Routes.
        var routeConfigs = new RouteTranslation(targets, log).Translate(routes);

        // 3. Keys.
        var keyConfigs = new KeyTranslation(inputs, admission, secrets, log).Translate(keys, gateway.Spec, routeConfigs);

        // 4. Budgets.
        var usedPrices = prices.ToImmutable();
        var budgetConfigs = new BudgetTranslation(admission, log)
            .Translate(
                budgets,
                [.. keys.Select(k => k.Current).Where(k => k.Metadata.DeletionTimestamp is null)],
                keyConfigs.Select(k => k.Object.Id()).ToHashSet(StringComparer.Ordinal),
                PricedModels(routeConfigs, usedPrices));

        return new()
        {
            SchemaVersion = ConfigSnapshot.CurrentSchemaVersion,
            Gateway = gateway.Metadata.Uid,
            Revision = 0,
            Hash = "",
            Object = gateway.Reference(),
            Settings = SettingsTranslation.Translate(gateway.Spec),
            Routes = routeConfigs,
            Keys = keyConfigs,
            Budgets = budgetConfigs,
            Credentials = targets.Credentials,
            Prices = usedPrices,
        };
    }

    private static ImmutableArray<PricedModel> PricedModels(ImmutableArray<RouteConfig> routes, ImmutableArray<PriceConfig> prices)
    {
        var currencies = prices.ToDictionary(p => p.Name, p => p.Currency, StringComparer.Ordinal);
        return
        [
            .. routes
                .SelectMany(r => r.Targets.SelectMany(t => t.PriceNames()).Select(p => new PricedModel(r.Model, currencies[p])))
                .Distinct(),
        ];
    }

    /// <summary>Those that are the same as before stay where they are: of thousands one is new.</summary>
    private static ImmutableSortedDictionary<string, T> ById<T>(
        ImmutableArray<Chosen<T>> chosen, ImmutableSortedDictionary<string, T> before)
        where T : KubernetesObject
    {
        var versions = chosen.Select(c => c.LastValid).OfType<T>().ToList();
        var byId = before.WithComparers(StringComparer.Ordinal).ToBuilder();
        foreach (var version in versions)
        {
            var id = version.Id();
            if (!ReferenceEquals(byId.GetValueOrDefault(id), version))
                byId[id] = version;
        }

        return byId.Count == versions.Count
            ? byId.ToImmutable()
            : versions.ToImmutableSortedDictionary(o => o.Id(), o => o, StringComparer.Ordinal);
    }
}
