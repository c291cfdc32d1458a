using System.Collections.Immutable;
using Gateway.Contract;

namespace Operator.Translate;

/// <summary>Asks the validator of the contract, which the gateway asks too: what it would refuse is not sent.</summary>
internal static class LastCheck
{
    /// <summary>The versions that it complains of; the gateway's where it names nobody. Empty when the snapshot is good.</summary>
    public static ImmutableArray<RefusedVersion> Faults(ConfigSnapshot config)
    {
        var errors = SnapshotValidator.Validate(config with { Revision = 1 });
        if (errors.IsEmpty)
            return [];
        var carried = config.Objects().DistinctBy(Name).ToDictionary(Name);
        return
        [
            .. errors.Select(e => new RefusedVersion
            {
                Object = carried.GetValueOrDefault((e.Kind, e.Namespace, e.Name), config.Object),
                Field = e.Field,
                Message = e.Message,
            }),
        ];
    }

    private static (string Kind, string Namespace, string Name) Name(ObjectReference of) => (of.Kind, of.Namespace, of.Name);
}
