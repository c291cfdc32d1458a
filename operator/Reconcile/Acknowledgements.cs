using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Kubernetes;
using Operator.Push;

namespace Operator.Reconcile;

/// <summary>The config that every pod which serves has acknowledged last: what the operator may rely on.</summary>
internal sealed class Acknowledgements
{
    /// <summary>An event names no more keys than this.</summary>
    private const int MaxNamed = 10;

    private HashSet<string> _active = [];
    private Lazy<HashSet<string>> _hashes = new([]);
    private (long Revision, string Hash)? _taken;

    /// <summary>Whether every pod that serves takes the key with this hash.</summary>
    public bool Has(string sha256) => _hashes.Value.Contains(sha256);

    /// <summary>What was in force before this process; nobody has acknowledged it to this one.</summary>
    public void Recall(ConfigSnapshot config) => _active = Active(config);

    /// <summary>
    /// Takes the config where all have it, and tells which keys nobody accepts any more. A pod that ends its calls still serves; one that
    /// does not answer and is not ready does not.
    /// </summary>
    public Taken Take(LlmGateway gateway, StampedConfig? config, ImmutableArray<PodState> pods)
    {
        var serving = pods.Where(p => p.IsReachable || p.Pod.IsReady == true).ToList();
        var isTaken = config is not null && serving.Count > 0 && serving.All(p => p.Serves(config));
        if (!isTaken || _taken == (config!.Revision, config.Hash))
            return new(false, []);
        var before = _active;
        _taken = (config.Revision, config.Hash);
        _active = Active(config.Snapshot);
        _hashes = new(() => [.. config.Snapshot.Keys.SelectMany(k => k.Hashes).Select(h => h.Sha256)]);
        before.ExceptWith(_active);
        return new(true, before.Count == 0 ? [] : [Revoked(gateway, before, config.Revision, serving.Count)]);
    }

    private static HashSet<string> Active(ConfigSnapshot config) =>
        config.Keys.Where(k => k.State == KeyState.Active).Select(k => k.Object.Id()).ToHashSet(StringComparer.Ordinal);

    private static EventText Revoked(LlmGateway gateway, HashSet<string> keys, long revision, int pods)
    {
        var names = string.Join(", ", keys.Order(StringComparer.Ordinal).Take(MaxNamed));
        var more = keys.Count > MaxNamed ? FormattableString.Invariant($" and {keys.Count - MaxNamed} more") : "";
        return new()
        {
            Regarding = gateway,
            Reason = EventReasons.KeysRevoked,
            Action = "Push",
            Note = FormattableString.Invariant($"refused by every ready pod ({pods}) since revision {revision}: {names}{more}"),
        };
    }
}

/// <summary>What an acknowledgement came to.</summary>
/// <param name="IsNew">Whether all have a config that they did not have before.</param>
/// <param name="News">What to tell.</param>
internal sealed record Taken(bool IsNew, ImmutableArray<EventText> News);
