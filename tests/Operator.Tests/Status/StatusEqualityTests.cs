using Operator.Api;
using Operator.Status;

namespace Operator.Tests.Status;

public sealed class StatusEqualityTests
{
    [Fact]
    public void A_difference_in_any_one_property_is_noticed()
    {
        Check<LlmGatewayStatus>(StatusEquality.Same, ".Config.LastAckTime");
        Check<ModelRouteStatus>(StatusEquality.Same, ".Gateways[0].Conditions[0].Message");
        Check<VirtualKeyStatus>(StatusEquality.Same, ".Budgets[0].Exceeded");
        Check<BudgetStatus>(StatusEquality.Same, ".Period.EndTime gone");
    }

    [Fact]
    public void No_status_differs_from_any_status()
    {
        StatusEquality.Same(default(BudgetStatus), null).ShouldBeTrue();
        StatusEquality.Same(new BudgetStatus(), null).ShouldBeFalse();
        StatusEquality.Same(null, new BudgetStatus()).ShouldBeFalse();
    }

    private static void Check<T>(Func<T?, T?, bool> same, string amongThem)
        where T : class
    {
        var variants = StatusVariants.Of<T>().ToList();

        variants.Select(v => v.Path).ShouldContain(amongThem);
        same(StatusVariants.Full<T>(), StatusVariants.Full<T>()).ShouldBeTrue(typeof(T).Name);
        variants.Where(v => same(StatusVariants.Full<T>(), v.Value)).Select(v => v.Path).ShouldBeEmpty(typeof(T).Name);
    }
}
