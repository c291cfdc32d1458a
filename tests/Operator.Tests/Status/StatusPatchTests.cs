using System.Text.Json;
using System.Text.Json.Nodes;
using Operator.Api;
using Operator.Status;
using Support.ApiServer;

namespace Operator.Tests.Status;

public sealed class StatusPatchTests
{
    private static readonly BudgetStatus s_status = new()
    {
        ObservedGeneration = 3,
        Limit = "100 tokens",
        Spent = "1",
        Period = new() { StartTime = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero), EndTime = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero) },
        Conditions = [Condition("Ready", "")],
    };

    [Fact]
    public void Only_what_differs_is_in_it_and_it_is_for_the_version_that_was_read() =>
        Patch(s_status, s_status with { Spent = "2" }).ShouldBe("""{"metadata":{"resourceVersion":"7"},"status":{"spent":"2"}}""");

    [Fact]
    public void A_member_that_is_gone_is_null() =>
        Patch(s_status, s_status with { Period = null, Spent = null })
            .ShouldBe("""{"metadata":{"resourceVersion":"7"},"status":{"period":null,"spent":null}}""");

    [Fact]
    public void Members_differ_one_by_one_and_lists_as_a_whole()
    {
        var after = s_status with
        {
            Period = s_status.Period! with { EndTime = null },
            Conditions = [s_status.Conditions[0], Condition("Accepted", "x")],
        };

        var status = JsonNode.Parse(Patch(s_status, after))!["status"]!;

        status["period"]!.ToJsonString().ShouldBe("""{"endTime":null}""");
        status["conditions"]!.AsArray().Count.ShouldBe(2);
    }

    [Fact]
    public void Without_a_status_before_all_of_it_is_there() =>
        JsonNode.DeepEquals(JsonNode.Parse(Patch(null, s_status))!["status"], JsonSerializer.SerializeToNode(s_status, ApiJson.Options))
            .ShouldBeTrue();

    [Fact]
    public void Whatever_differs_a_server_comes_to_the_new_status()
    {
        Check<LlmGatewaySpec, LlmGatewayStatus>(status => new LlmGateway { Metadata = Metadata, Spec = null!, Status = status });
        Check<ModelRouteSpec, ModelRouteStatus>(status => new ModelRoute { Metadata = Metadata, Spec = null!, Status = status });
        Check<VirtualKeySpec, VirtualKeyStatus>(status => new VirtualKey { Metadata = Metadata, Spec = null!, Status = status });
        Check<BudgetSpec, BudgetStatus>(status => new Budget { Metadata = Metadata, Spec = null!, Status = status });
    }

    private static ObjectMeta Metadata => new() { Name = "a", Namespace = "default", ResourceVersion = "7" };

    private static void Check<TSpec, TStatus>(Func<TStatus, Resource<TSpec, TStatus>> make)
        where TStatus : ResourceStatus
    {
        var full = StatusVariants.Full<TStatus>();
        foreach (var (path, other) in StatusVariants.Of<TStatus>())
        {
            foreach (var (before, after) in new[] { (full, other), (other, full) })
            {
                var live = new JsonObject { ["status"] = JsonSerializer.SerializeToNode(before, ApiJson.Options) };
                MergePatch.Apply(live, StatusPatch.Between(make(before), after));
                JsonNode.DeepEquals(live["status"], JsonSerializer.SerializeToNode(after, ApiJson.Options)).ShouldBeTrue(path);
            }
        }
    }

    private static string Patch(BudgetStatus? before, BudgetStatus after) =>
        StatusPatch.Between(new Budget { Metadata = Metadata, Spec = null!, Status = before }, after).ToJsonString();

    private static Condition Condition(string type, string message) => new()
    {
        Type = type,
        Status = ConditionStatus.True,
        Reason = type,
        Message = message,
        LastTransitionTime = new(2026, 11, 1, 0, 0, 0, TimeSpan.Zero),
    };
}
