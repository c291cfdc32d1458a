using System.Collections.Immutable;
using Operator.Api;

namespace Operator.Status;

/// <summary>
/// Whether two statuses say the same: the equality of records, which takes lists by reference, and the lists item by item. Cheap enough
/// for thousands of objects in each round.
/// </summary>
internal static class StatusEquality
{
    public static bool Same(LlmGatewayStatus? a, LlmGatewayStatus? b) =>
        ReferenceEquals(a, b) || (a is not null && b is not null
            && (a with { Conditions = [], LaggingPods = [] }) == (b with { Conditions = [], LaggingPods = [] })
            && Same(a.Conditions, b.Conditions)
            && Same(a.LaggingPods, b.LaggingPods));

    public static bool Same(ModelRouteStatus? a, ModelRouteStatus? b) =>
        ReferenceEquals(a, b) || (a is not null && b is not null
            && (a with { Conditions = [], Gateways = [] }) == (b with { Conditions = [], Gateways = [] })
            && Same(a.Conditions, b.Conditions)
            && a.Gateways.Length == b.Gateways.Length
            && a.Gateways.Zip(b.Gateways).All(pair => Same(pair.First, pair.Second)));

    public static bool Same(VirtualKeyStatus? a, VirtualKeyStatus? b) =>
        ReferenceEquals(a, b) || (a is not null && b is not null
            && (a with { Conditions = [], Budgets = [] }) == (b with { Conditions = [], Budgets = [] })
            && Same(a.Conditions, b.Conditions)
            && Same(a.Budgets, b.Budgets));

    public static bool Same(BudgetStatus? a, BudgetStatus? b) =>
        ReferenceEquals(a, b) || (a is not null && b is not null
            && (a with { Conditions = [], PendingAlerts = null }) == (b with { Conditions = [], PendingAlerts = null })
            && Same(a.PendingAlerts ?? [], b.PendingAlerts ?? [])
            && Same(a.Conditions, b.Conditions));

    private static bool Same(RouteGatewayStatus a, RouteGatewayStatus b) =>
        (a with { Conditions = [] }) == (b with { Conditions = [] }) && Same(a.Conditions, b.Conditions);

    private static bool Same<T>(ImmutableArray<T> a, ImmutableArray<T> b)
        where T : IEquatable<T> =>
        a.AsSpan().SequenceEqual(b.AsSpan());
}
