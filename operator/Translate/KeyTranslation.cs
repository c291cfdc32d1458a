using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Gateway.Contract;
using Operator.Api;

namespace Operator.Translate;

/// <summary>VirtualKeys: who is admitted, and by which hashes it is known.</summary>
internal sealed class KeyTranslation(TranslateInputs inputs, Admission admission, SecretLookup secrets, FindingLog log)
{
    private static readonly ConditionalWeakTable<VirtualKeySpec, KeyConfig> s_known = [];

    /// <summary>Keys that the gateway takes. <paramref name="chosen"/> is ordered oldest first.</summary>
    public ImmutableArray<KeyConfig> Translate(
        ImmutableArray<Chosen<VirtualKey>> chosen, LlmGatewaySpec gateway, ImmutableArray<RouteConfig> routes)
    {
        var served = new ServedModels(routes);
        var owners = new Dictionary<string, VirtualKey>(chosen.Length, StringComparer.Ordinal);
        var keys = ImmutableArray.CreateBuilder<KeyConfig>();
        foreach (var key in chosen.Select(c => c.InForce).OfType<VirtualKey>())
        {
            if (!admission.Admits(key, log))
                continue;
            WarnOfModels(key, gateway.AllowedKeys.Models, served);
            if (FindMaterial(key) is { } material && TakeHashes(key, material, owners))
                keys.Add(TranslateOnce(key, material));
        }

        keys.Sort((a, b) => ConfigOrder.Compare(a.Object, b.Object));
        return keys.ToImmutable();
    }

    private KeyMaterial? FindMaterial(VirtualKey key)
    {
        if (key.Spec.ValueFrom is { SecretRef: var reference }
            && secrets.Find(key.Metadata.Namespace, reference).Problem is { } problem)
        {
            log.Fail(key, ConditionTypes.ResolvedRefs, problem.Reason, $"spec.valueFrom.secretRef.{problem.Member}", problem.Message);
            return null;
        }

        var material = inputs.KeyMaterial.GetValueOrDefault(key.Id()) is { Hashes.IsDefaultOrEmpty: false } found ? found : null;
        if (!inputs.KeyProblems.IsEmpty && inputs.KeyProblems.TryGetValue(key.Id(), out var wrong))
        {
            if (material is null)
                log.Fail(key, ConditionTypes.ResolvedRefs, wrong.Reason, wrong.Field, wrong.Message);
            else
                log.Warn(key, ConditionTypes.ResolvedRefs, wrong.Reason, wrong.Field, wrong.Message);
            return material;
        }

        if (material is not null)
            return material;
        log.Add(
            key.Reference(),
            ConditionTypes.ResolvedRefs,
            ConditionStatus.Unknown,
            ConditionReasons.Pending,
            "",
            "the key has not been made yet",
            Severity.Warning);
        return null;
    }

    /// <summary>One key cannot stand for two: whose spend would it be?</summary>
    private bool TakeHashes(VirtualKey key, KeyMaterial material, Dictionary<string, VirtualKey> owners)
    {
        foreach (var hash in material.Hashes)
        {
            if (!owners.TryGetValue(hash.Sha256, out var owner))
                continue;
            var field = key.Spec.ValueFrom is null ? "" : "spec.valueFrom";
            var message = $"the older VirtualKey `{owner.Id()}` has the same key";
            log.Fail(key, ConditionTypes.Accepted, ConditionReasons.Conflict, field, message);
            return false;
        }

        foreach (var hash in material.Hashes)
            owners.TryAdd(hash.Sha256, key);
        return true;
    }

    private void WarnOfModels(VirtualKey key, ImmutableArray<string> ceiling, ServedModels served)
    {
        for (var i = 0; i < key.Spec.Models.Length; i++)
        {
            var model = key.Spec.Models[i];
            if (!IsUnder(ceiling, model))
                Warn(i, ConditionTypes.Accepted, ConditionReasons.Questionable, $"the gateway's `allowedKeys.models` excludes `{model}`");
            else if (model != "*" && !served.Serve(model))
                Warn(i, ConditionTypes.ResolvedRefs, ConditionReasons.ModelNotFound, $"no route of the gateway serves `{model}`");
        }

        void Warn(int index, string conditionType, string reason, string message) =>
            log.Warn(key, conditionType, reason, $"spec.models[{index}]", message);
    }

    private static bool IsUnder(ImmutableArray<string> ceiling, string model)
    {
        foreach (var pattern in ceiling)
        {
            if (ModelCover.Overlaps(pattern, model))
                return true;
        }

        return false;
    }

    /// <summary>The same instance as before, where the same VirtualKey stands for the same key.</summary>
    private static KeyConfig TranslateOnce(VirtualKey key, KeyMaterial material)
    {
        var isKnown = s_known.TryGetValue(key.Spec, out var known)
            && key.Is(known.Object)
            && known.KeyId == material.KeyId
            && known.Hashes.SequenceEqual(material.Hashes);
        if (isKnown)
            return known!;
        var config = Translate(key, material);
        s_known.AddOrUpdate(key.Spec, config);
        return config;
    }

    private static KeyConfig Translate(VirtualKey key, KeyMaterial material) => new()
    {
        Object = key.Reference(),
        KeyId = material.KeyId,
        Hashes = material.Hashes,
        Models = [.. key.Spec.Models.Order(StringComparer.Ordinal)],
        State = key.Spec.State,
        ExpirationTime = key.Spec.ExpirationTime,
        Limits = new()
        {
            RequestsPerMinute = key.Spec.Limits?.RequestsPerMinute,
            TokensPerMinute = key.Spec.Limits?.TokensPerMinute,
            MaxParallelRequests = key.Spec.Limits?.MaxParallelRequests,
        },
        Attribution = key.Spec.Attribution,
    };
}
