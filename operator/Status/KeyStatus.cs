using System.Collections.Immutable;
using Operator.Api;
using Operator.Keys;
using Operator.Translate;

namespace Operator.Status;

/// <summary>The status of a VirtualKey: which key stands for it, where, and which budgets hold it.</summary>
internal static class KeyStatus
{
    private const int MaxAnnotation = 253;

    public static VirtualKeyStatus Of(VirtualKey key, Verdict verdict, SpendIndex spend, StatusInputs inputs)
    {
        var material = inputs.Inputs.KeyMaterial.GetValueOrDefault(key.Id());
        var budgets = verdict.CarriedGeneration is null ? [] : Known(spend.BudgetsOf(key), key, inputs);
        return new()
        {
            ObservedGeneration = key.Metadata.Generation,
            KeyId = material?.KeyId,
            KeyPrefix = material is null || key.Spec.ValueFrom is not null ? null : GeneratedKey.PrefixOf(material.KeyId),
            SecretRef = SecretOf(key),
            LastRotationTime = material?.CreatedTime,
            NextRotationTime = material?.NextRotationTime,
            PreviousKeyExpirationTime = material?.Hashes.Max(h => h.ExpirationTime),
            ObservedRotateAnnotation = material?.ObservedRotateAnnotation is { } value ? BoundedText.Cut(value, MaxAnnotation) : null,
            Budgets = budgets,
            Conditions = Conditions(key, verdict, budgets, inputs),
        };
    }

    /// <summary>A budget of which nobody tells where it stands refuses the key if it did so before.</summary>
    private static ImmutableArray<KeyBudgetStatus> Known(ImmutableArray<KeyBudgetStatus> told, VirtualKey key, StatusInputs inputs)
    {
        var before = key.Status?.Budgets ?? [];
        return before.IsEmpty || told.All(b => inputs.IsCounted($"{b.Namespace}/{b.Name}"))
            ? told
            : [.. told.Select(b => inputs.IsCounted($"{b.Namespace}/{b.Name}")
                ? b
                : before.FirstOrDefault(k => k.Namespace == b.Namespace && k.Name == b.Name) ?? b)];
    }

    /// <summary>Where the key of a VirtualKey stands, whoever made it.</summary>
    public static SecretKeyReference SecretOf(VirtualKey key) => key.Spec.ValueFrom?.SecretRef
        ?? new() { Name = key.Spec.Secret.Name ?? $"{key.Metadata.Name}-key", Key = key.Spec.Secret.Key };

    private static ImmutableArray<Condition> Conditions(
        VirtualKey key, Verdict verdict, ImmutableArray<KeyBudgetStatus> budgets, StatusInputs inputs)
    {
        var conditions = new ConditionList(key.Status?.Conditions ?? [], key.Metadata.Generation, inputs.Now);
        var programmed = Programmed.Judge(verdict, conditions.Previous(ConditionTypes.Programmed), inputs);
        var exceeded = budgets.Where(b => b.Exceeded).Select(b => $"{b.Namespace}/{b.Name}").ToList();
        conditions.AddWhile(verdict.IsPaused, ConditionTypes.Paused, ConditionReasons.Paused, "changes wait until the annotation is gone");
        conditions.Add(ConditionTypes.Accepted, verdict.Accepted);
        conditions.Add(ConditionTypes.ResolvedRefs, verdict.ResolvedRefs);
        conditions.Add(ConditionTypes.Programmed, programmed);
        if (key.Spec.ExpirationTime <= inputs.Now)
            conditions.Add(ConditionTypes.Expired, True(ConditionReasons.Expired, $"since {key.Spec.ExpirationTime:u}"));
        if (exceeded.Count > 0)
        {
            var names = string.Join(", ", exceeded);
            conditions.Add(ConditionTypes.BudgetExceeded, True(ConditionReasons.BudgetExceeded, $"refused by {names}"));
        }

        return conditions.WithSummary(ConditionTypes.Accepted, ConditionTypes.ResolvedRefs, ConditionTypes.Programmed);
    }

    private static Judgement True(string reason, string message) => new(ConditionStatus.True, reason, message);
}
