using Gateway.Contract;

namespace Operator.Translate;

/// <summary>The objects that a config was made from.</summary>
internal static class SnapshotObjects
{
    /// <summary>Routes, keys, budgets and the gateway, each with the uid and generation that the config carries.</summary>
    public static IEnumerable<ObjectReference> Objects(this ConfigSnapshot config) => config.Routes.Select(r => r.Object)
        .Concat(config.Keys.Select(k => k.Object))
        .Concat(config.Budgets.Select(b => b.Object))
        .Append(config.Object);
}
