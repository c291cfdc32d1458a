using Operator.Api;
using Operator.Status;

namespace Operator.Tests.Status;

public sealed class ResourceTableTests
{
    private static readonly DateTimeOffset s_now = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Render_Routes_LooksAsKubectlPrintsThem()
    {
        ModelRoute[] routes = [Route("default", "chat", "True"), Route("default", "gpt-family", "False")];

        ResourceTable.Render(routes, s_now).ShouldBe(
            """
            NAME         MODEL              TARGETS   GATEWAY   ACCEPTED   PROGRAMMED   AGE
            chat         chat-model         1         main      True                    5m
            gpt-family   gpt-family-model   1         main      False                   5m

            """);
    }

    [Fact]
    public void Render_SeveralNamespaces_NamesThem() =>
        ResourceTable.Render([Route("a", "x", "True"), Route("b", "x", "True")], s_now).ShouldStartWith("NAMESPACE   NAME");

    [Fact]
    public void Render_Nothing_IsEmpty() => ResourceTable.Render(Array.Empty<ModelRoute>(), s_now).ShouldBeEmpty();

    [Fact]
    public void Fingerprint_OnlySpendMoves_IsTheSame()
    {
        var budget = new Budget
        {
            Metadata = new() { Name = "monthly", Namespace = "default" },
            Spec = new()
            {
                GatewayRef = new() { Name = "main" },
                Scope = new() { Gateway = new() },
                Limit = new() { Tokens = 100 },
                Period = Gateway.Contract.BudgetPeriod.Daily,
            },
            Status = new() { Spent = "1", UsedPercent = 1 },
        };
        var later = budget with { Status = new() { Spent = "2", UsedPercent = 2 } };
        var other = budget with { Status = new() { Spent = "2", UsedPercent = 2, Limit = "100 tokens" } };

        ResourceTable.Fingerprint([later]).ShouldBe(ResourceTable.Fingerprint([budget]));
        ResourceTable.Fingerprint([other]).ShouldNotBe(ResourceTable.Fingerprint([budget]));
        ResourceTable.Render([later], s_now).ShouldNotBe(ResourceTable.Render([budget], s_now));
    }

    [Theory]
    [InlineData(-5, "0s")]
    [InlineData(119, "119s")]
    [InlineData(125, "2m5s")]
    [InlineData(120, "2m")]
    [InlineData(3600, "60m")]
    [InlineData(4 * 3600, "4h")]
    [InlineData((4 * 3600) + 300, "4h5m")]
    [InlineData(30 * 3600, "30h")]
    [InlineData(50 * 3600, "2d2h")]
    [InlineData(20 * 86_400, "20d")]
    [InlineData(800 * 86_400, "2y70d")]
    public void Age_HasTheUnitsOfKubectl(int seconds, string text) => Age.Text(s_now.AddSeconds(-seconds), s_now).ShouldBe(text);

    private static ModelRoute Route(string ns, string name, string accepted) => new()
    {
        Metadata = new() { Name = name, Namespace = ns, CreationTimestamp = s_now.AddMinutes(-5) },
        Spec = new()
        {
            GatewayRefs = [new() { Name = "main" }],
            Model = name + "-model",
            Targets = [new() { Name = "t", Provider = Gateway.Contract.Provider.Simulated }],
        },
        Status = new()
        {
            TargetCount = 1,
            Conditions =
            [
                new() { Type = "Accepted", Status = Enum.Parse<ConditionStatus>(accepted), Reason = "x", Message = "", LastTransitionTime = s_now },
            ],
        },
    };
}
