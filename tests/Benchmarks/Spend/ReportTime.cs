using System.Globalization;
using Benchmarks.Load;
using Benchmarks.Servers;

namespace Benchmarks.Spend;

/// <summary>How long reports over a large ledger take, asked for at a gateway's admin port.</summary>
internal static class ReportTime
{
    private const int Keys = 100;
    private const int Days = 30;
    private const int Times = 5;

    public static async Task<IEnumerable<Figure>> MeasureAsync(MoneyPlan plan)
    {
        await using var databases = await Databases.StartAsync();
        using var upstream = UpstreamServer.Start();
        using var gateway = GatewayServer.Start(GatewayConfig.ManyKeys(upstream.Port), databases.PostgresTier);
        var now = TimeProvider.System.GetUtcNow();
        var began = Clock.Now;
        FilledLedger.Fill(databases, plan.ReportedRows, Keys, now.AddDays(-Days), now);
        var rollups = databases.Ask("select count(*) from llm_gateway.usage_hour");
        var detail = string.Create(
            CultureInfo.InvariantCulture,
            $"{plan.ReportedRows:N0} rows of {Days} days, {rollups:N0} hourly sums, filled in {(Clock.Now - began) / 1e9:0} s");
        return
        [
            Time("report by day and model", "/spend/report?group_by=day,model", detail),
            Time("report by key", "/spend/report?group_by=key", $"{Keys} keys"),
            Time("report by team and day", "/spend/report?group_by=team,day", "an attribution"),
            Time("report by hour of one key", "/spend/report?group_by=hour&key=default/counted-7", ""),
            Time("a page of one key's rows", "/spend/logs?limit=100&key=default/counted-7", "the latest 100"),
        ];

        Figure Time(string name, string path, string about)
        {
            var seconds = Enumerable.Range(0, Times).Select(_ =>
            {
                var start = Clock.Now;
                gateway.Ask(path);
                return (Clock.Now - start) / 1e9;
            });
            return new(name, Median.Of(seconds), "s", 1, about);
        }
    }
}
