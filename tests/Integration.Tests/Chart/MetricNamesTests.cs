using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Server.Telemetry;
using Operator.Telemetry;
using Support;
using Support.Cluster;

namespace Integration.Tests.Chart;

/// <summary>What dashboards and alerts ask for is there.</summary>
public sealed partial class MetricNamesTests
{
    /// <summary>Read from what others keep, so no registry of a test has them: gateway/Server/Telemetry/GatewayGauges.cs.</summary>
    private static readonly string[] s_observed =
    [
        "llm_gateway_budget_remaining", "llm_gateway_budget_overshoot", "llm_gateway_spend_store_failing",
        "llm_gateway_spend_store_lost_records_total", "llm_gateway_store_up", "llm_gateway_target_cooling",
    ];

    [Theory]
    [InlineData("alerts.yaml")]
    [InlineData("dashboard.json")]
    public void Every_metric_that_is_asked_for_is_exposed(string file)
    {
        using var gateway = new GatewayMetrics();
        using var @operator = new OperatorMetrics();
        @operator.ObserveLeadership("lease", () => true);
        var exposed = Exposition.Parse(gateway.Registry.Write()).Keys.Concat(Exposition.Parse(@operator.Write()).Keys).Concat(s_observed);

        var text = File.ReadAllText(Path.Combine(Helm.Chart, "files", file));
        var asked = Names().Matches(text).Select(m => m.Groups["name"].Value).ToHashSet();

        asked.Count.ShouldBeGreaterThan(5);
        asked.Except(exposed).ShouldBeEmpty();
    }

    [Fact]
    public void The_dashboard_is_JSON_whose_panels_do_not_overlap()
    {
        using var dashboard = JsonDocument.Parse(File.ReadAllText(Path.Combine(Helm.Chart, "files", "dashboard.json")));
        var places = dashboard.RootElement.GetProperty("panels").EnumerateArray().Select(p => p.GetProperty("gridPos"))
            .Select(g => (X: Number(g, "x"), Y: Number(g, "y"), W: Number(g, "w"), H: Number(g, "h"))).ToList();

        foreach (var (a, b) in places.SelectMany((a, i) => places.Skip(i + 1).Select(b => (a, b))))
            (a.X < b.X + b.W && b.X < a.X + a.W && a.Y < b.Y + b.H && b.Y < a.Y + a.H).ShouldBeFalse($"{a} overlaps {b}");
    }

    private static int Number(JsonElement value, string name) => value.GetProperty(name).GetInt32();

    [GeneratedRegex(
        @"\b(?<name>(llm_gateway|llmgateway|controller_runtime|leader_election|process|gen_ai_client)_\w+?)(_bucket|_sum|_count)?(?=[{\[() ]|$)",
        RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        1000)]
    private static partial Regex Names();
}
