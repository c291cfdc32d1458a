using System.Collections.Immutable;
using Operator.Alerts;
using Operator.Api;

namespace Operator.Status;

/// <summary>
/// What a Budget's status keeps for the webhook, so that an alert outlives the process that has seen the crossing: it is written together
/// with the crossing, and taken out when the webhook has it. Sent at least once, then.
/// </summary>
internal static class PendingAlerts
{
    /// <summary>The schema's.</summary>
    private const int Most = 8;

    /// <summary>Nobody is told of what was so long ago.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromDays(1);

    /// <param name="before">The Budget with the status that it had.</param>
    /// <param name="after">The same with the one that it gets.</param>
    /// <param name="inputs">Of both.</param>
    /// <returns>Null: none.</returns>
    public static ImmutableArray<PendingAlert>? Of(Budget before, Budget after, StatusInputs inputs)
    {
        if (inputs.Translation.LastValid.Gateway is not { Spec.Alerts.Webhook: not null } gateway)
            return null;
        var pending = before.Status?.PendingAlerts ?? [];
        var kept = pending.RemoveAll(a => inputs.SettledAlerts.Contains(a.Id) || a.Time < inputs.Now - s_patience);
        var crossed = SpendNews.Of(before, after)
            .Select(n => BudgetAlert.Of(gateway, after, n.Reason, n.Note, inputs.Now))
            .OfType<PendingAlert>()
            .Where(a => kept.All(k => k.Id != a.Id));
        ImmutableArray<PendingAlert> all = [.. kept.Concat(crossed).TakeLast(Most)];
        return all.IsEmpty ? null : all;
    }
}
