using System.Collections.Immutable;
using Gateway.Contract;
using Operator.Api;
using Operator.Translate.Checks;

namespace Operator.Translate;

/// <summary>VirtualKeys: who may come in, and to what.</summary>
internal static class KeyTranslation
{
    public static void TranslateAll(Workbook work, LlmGateway gateway)
    {
        foreach (var key in work.Inputs.Keys.OrderBy(k => k.Id(), StringComparer.Ordinal))
        {
            var last = work.Inputs.LastValid.Keys.GetValueOrDefault(key.Id());
            var carried = work.Choose(key, last, FieldChecks.Of(key, work.Checks));
            if (!IsAllowed(key, gateway, work))
            {
                work.Exclude(
                    key,
                    ConditionReasons.NotAllowed,
                    "spec.gatewayRef",
                    $"The LlmGateway {gateway.Id()} does not take keys from the namespace {key.Metadata.Namespace}. Its `allowedKeys.namespaces` says which.");
                continue;
            }

            if (carried is null)
                continue;
            work.LastValid = work.LastValid with { Keys = work.LastValid.Keys.SetItem(carried.Id(), carried) };
            Translate(key, carried, work);
        }
    }

    private static bool IsAllowed(VirtualKey key, LlmGateway gateway, Workbook work)
    {
        var allowed = gateway.Spec.AllowedKeys.Namespaces;
        return allowed.From switch
        {
            NamespacesFrom.All => true,
            _ when key.Metadata.Namespace == gateway.Metadata.Namespace => true,
            NamespacesFrom.Selector => allowed.Selector is { } selector && Selection.Namespace(selector, key.Metadata.Namespace, work),
            _ => false,
        };
    }

    private static void Translate(VirtualKey key, VirtualKey carried, Workbook work)
    {
        if (key.Spec.ValueFrom is { } source && SecretReading.Read(key, source.SecretRef, "spec.valueFrom.secretRef", work) is null)
        {
            work.NotCarried(key);
            return;
        }

        if (!work.Inputs.KeyMaterial.TryGetValue(key.Id(), out var material))
        {
            work.NotCarried(key);
            return;
        }

        var spec = Restrained(carried.Spec, key.Spec);
        work.Add(new KeyConfig
        {
            Object = carried.Reference(),
            KeyId = material.KeyId,
            Hashes = material.Hashes,
            Models = [.. spec.Models.Order(StringComparer.Ordinal)],
            State = spec.State,
            ExpirationTime = spec.ExpirationTime,
            Limits = new()
            {
                RequestsPerMinute = spec.Limits?.RequestsPerMinute,
                TokensPerMinute = spec.Limits?.TokensPerMinute,
                MaxParallelRequests = spec.Limits?.MaxParallelRequests,
            },
            Attribution = spec.Attribution,
        });
    }

    /// <summary>
    /// What takes power away takes effect at once, also when the rest of the new spec is wrong: a block must never wait for a typing error
    /// to be mended.
    /// </summary>
    private static VirtualKeySpec Restrained(VirtualKeySpec carried, VirtualKeySpec current)
    {
        if (ReferenceEquals(carried, current))
            return carried;
        return carried with
        {
            State = current.State == KeyState.Blocked ? KeyState.Blocked : carried.State,
            ExpirationTime = Earlier(carried.ExpirationTime, current.ExpirationTime),
            Models = Fewer(carried.Models, current.Models),
            Limits = new()
            {
                RequestsPerMinute = Lower(carried.Limits?.RequestsPerMinute, current.Limits?.RequestsPerMinute),
                TokensPerMinute = Lower(carried.Limits?.TokensPerMinute, current.Limits?.TokensPerMinute),
                MaxParallelRequests = Lower(carried.Limits?.MaxParallelRequests, current.Limits?.MaxParallelRequests),
            },
        };
    }

    private static DateTimeOffset? Earlier(DateTimeOffset? a, DateTimeOffset? b) => a is null || b < a ? b ?? a : a;

    private static long? Lower(long? a, long? b) => a is null || b < a ? b ?? a : a;

    /// <summary>Those of the new names that were allowed before, and those of before that are allowed still.</summary>
    private static ImmutableArray<string> Fewer(ImmutableArray<string> carried, ImmutableArray<string> current) =>
        [.. current.Where(n => Covers(carried, n)).Union(carried.Where(n => Covers(current, n)), StringComparer.Ordinal)];

    private static bool Covers(ImmutableArray<string> patterns, string name) =>
        patterns.Any(p => p == name || (ModelPattern.TryParse(p, out var pattern) && pattern.Matches(name)));
}
