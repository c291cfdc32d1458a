using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>Turns the resources of one gateway into its config and findings. Pure: equal inputs give an equal result.</summary>
/// <remarks>
/// 1. gateway → settings; 2. routes → names and targets; 3. keys → who may come in; 4. budgets → which keys count; 5. what the gateway
/// itself would refuse is left out, object by object, until it takes the rest.
/// </remarks>
internal static class Translator
{
    /// <summary>Never fails: whatever is wrong with an object is a finding, and never keeps another object out.</summary>
    public static Translation Translate(TranslateInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        var work = new Workbook(inputs);

        var gateway = GatewayTranslation.Choose(work);
        if (gateway is null)
            return work.Finish(config: null);

        RouteTranslation.TranslateAll(work);
        KeyTranslation.TranslateAll(work, gateway);
        BudgetTranslation.TranslateAll(work);

        var config = new ConfigSnapshot
        {
            SchemaVersion = ConfigSnapshot.CurrentSchemaVersion,
            Gateway = UidOf(inputs.Gateway),
            Revision = 0,
            Hash = "",
            Object = inputs.Gateway.Reference(),
            Settings = GatewayTranslation.Settings(gateway.Spec),
            Routes = work.Routes,
            Keys = work.Keys,
            Budgets = work.Budgets,
            Credentials = work.Credentials,
            Prices = work.Prices,
        };
        return work.Finish(LeaveOutRefused(config, work));
    }

    /// <summary>Without an API server there is no uid; the name serves as well, since there is one gateway in one folder.</summary>
    private static string UidOf(LlmGateway gateway) => gateway.Metadata.Uid.Length > 0 ? gateway.Metadata.Uid : gateway.Id();

    /// <summary>The gateway's own validator has the last word, so that a push is never refused for what could be known before.</summary>
    private static ConfigSnapshot LeaveOutRefused(ConfigSnapshot config, Workbook work)
    {
        var errors = SnapshotValidator.Validate(config with { Revision = 1 });
        foreach (var error in errors)
        {
            work.Refuse(new() { Kind = error.Kind, Namespace = error.Namespace, Name = error.Name }, "spec." + error.Field, error.Message);
        }

        var bad = errors.Select(e => (e.Kind, $"{e.Namespace}/{e.Name}")).ToHashSet();
        return config with
        {
            Routes = config.Routes.RemoveAll(r => bad.Contains((r.Object.Kind, r.Object.Id()))),
            Keys = config.Keys.RemoveAll(k => bad.Contains((k.Object.Kind, k.Object.Id()))),
            Budgets = config.Budgets.RemoveAll(b => bad.Contains((b.Object.Kind, b.Object.Id()))),
        };
    }
}
