using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Push;
using Operator.Translate;

namespace Operator.Reconcile;

/// <summary>
/// The middle of the reconcile line, the same in a cluster and without one: translate, stamp, offer to one pod, publish to all. What was
/// gathered comes in, what the status is made of goes out.
/// </summary>
/// <remarks>
/// <list type="number">
/// <item>Translate. A gateway that was never valid has no config.</item>
/// <item>Reserve a revision. Content that is published already keeps its own.</item>
/// <item>Offer it to one pod, so that a config which pods refuse meets one pod only.</item>
/// <item>A pod that has seen a higher revision: go above it, once more from step 2.</item>
/// <item>Refused with named objects: their last valid versions stand in, once more from step 1, at most three rounds.</item>
/// <item>Publish to all pods, unless it was refused. Without an answer too: pods take it when they come.</item>
/// </list>
/// Inputs that say the same as those that a pod has acknowledged need none of it. Remembers, per gateway, what was in force last and what
/// was refused; one instance is used by one caller at a time.
/// </remarks>
internal sealed class GatewayReconciler(IRevisions revisions, ConfigPublisher publisher, LastValidVersions lastValid)
{
    private const int MaxRounds = 3;

    private ImmutableArray<Refusal> _refused = [];
    private ReconcileOutcome? _last;
    private long _above;

    /// <summary>The version of each object that was in force last. Survives in the durable copy, or in the state folder.</summary>
    public LastValidVersions LastValid { get; private set; } = lastValid;

    public async Task<ReconcileOutcome> ReconcileAsync(TranslateInputs gathered, CancellationToken cancellation)
    {
        var refused = StillSaid(gathered);
        if (refused.Length == _refused.Length && _last is { } last && IsInForce(last, gathered))
            return _last = last with { Inputs = Complete(gathered) };
        var above = Math.Max(_above, publisher.HighestForeign);
        _refused = refused;
        for (var round = 1; ; round++)
        {
            // 1. Translate.
            var inputs = Complete(gathered);
            var translation = Translator.Translate(inputs);
            if (translation.Config is not { } config)
                return new() { Inputs = inputs, Translation = translation };

            // 2. Reserve a revision.
            var hashed = new HashedConfig(config);
            var stamped = StampedConfig.Of(hashed, await revisions.ReserveAsync(hashed.Hash, above, cancellation));

            // 3. Offer it to one pod.
            var answer = await publisher.OfferAsync(stamped, cancellation);
            var outcome = new ReconcileOutcome { Inputs = inputs, Translation = translation, Config = stamped, Answer = answer };
            switch (answer)
            {
                // 4. Go above what the pod has seen.
                case PushOutcome.Older older when round <= MaxRounds:
                    above = older.Revision;
                    continue;

                // 5. Leave out what it refused.
                case PushOutcome.Rejected rejected when round <= MaxRounds && Remember(rejected, config):
                    continue;

                case PushOutcome.Acknowledged:
                    LastValid = translation.LastValid;
                    break;
            }

            // 6. Publish to all.
            if (answer is null or PushOutcome.Acknowledged)
                publisher.Publish(stamped);
            _last = outcome;
            return outcome;
        }
    }

    /// <summary>The next config gets a revision above this one, because somebody else has used it.</summary>
    public void GoAbove(long revision)
    {
        _above = Math.Max(_above, revision);
        _last = null;
    }

    private TranslateInputs Complete(TranslateInputs gathered) => gathered with { LastValid = LastValid, Refused = [.. _refused.Select(r => r.Version)] };

    /// <summary>A pod has it, time has changed nothing, and no pod has seen a higher revision.</summary>
    private bool IsInForce(ReconcileOutcome last, TranslateInputs gathered) =>
        last is { Answer: PushOutcome.Acknowledged, Config: { } config }
        && !(last.Translation.NextChange <= gathered.Now)
        && publisher.HighestForeign < config.Revision
        && gathered.SaysTheSameAs(last.Inputs);

    /// <summary>False where the refusal names no object that is not known to be refused: another round would change nothing.</summary>
    private bool Remember(PushOutcome.Rejected rejected, ConfigSnapshot config)
    {
        var named = config.Objects().ToLookup(o => (o.Kind, o.Id()));
        var known = _refused.Select(r => r.Version.Object).ToHashSet();
        var found = rejected.Errors
            .SelectMany(e => named[(e.Kind, $"{e.Namespace}/{e.Name}")]
                .Select(o => new RefusedVersion { Object = o, Field = e.Field, Message = e.Message }))
            .Where(r => !known.Contains(r.Object))
            .Select(r => new Refusal(r, rejected.Pod))
            .ToImmutableArray();
        _refused = [.. _refused, .. found];
        return found.Length > 0;
    }

    /// <summary>
    /// Versions that nobody holds any more are forgotten, and those whose pod is gone once another one answers: it may be of another image, or
    /// honest.
    /// </summary>
    private ImmutableArray<Refusal> StillSaid(TranslateInputs inputs)
    {
        if (_refused.IsEmpty)
            return [];
        IEnumerable<KubernetesObject?> versions =
        [
            inputs.Gateway, .. inputs.Routes, .. inputs.Keys, .. inputs.Budgets,
            LastValid.Gateway, .. LastValid.Routes.Values, .. LastValid.Keys.Values, .. LastValid.Budgets.Values,
        ];
        var held = versions.OfType<KubernetesObject>().Select(o => o.Reference()).ToHashSet();
        var pods = publisher.Pods;
        var isAnyThere = pods.Any(p => p.IsReachable);
        return [.. _refused.Where(r => held.Contains(r.Version.Object) && (!isAnyThere || pods.Any(p => p.Pod.Name == r.Pod)))];
    }

    /// <summary>A version, and the pod that refused it.</summary>
    private sealed record Refusal(RefusedVersion Version, string Pod);
}
