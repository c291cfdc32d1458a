using System.Globalization;
using Benchmarks.Load;
using Benchmarks.Servers;

namespace Benchmarks.Spend;

/// <summary>How long it takes until calls are counted again, once the counters are lost.</summary>
internal static class Rebuilding
{
    private const int Keys = 1000;
    private const int Times = 3;

    public static async Task<IEnumerable<Figure>> MeasureAsync(MoneyPlan plan)
    {
        await using var databases = await Databases.StartAsync();
        using var upstream = UpstreamServer.Start();
        using var redis = Fleet.Start(upstream.Port, databases.RedisTier);
        using var postgres = Fleet.Start(upstream.Port, databases.PostgresTier);
        var now = TimeProvider.System.GetUtcNow();
        FilledLedger.Fill(databases, plan.CountedRows, Keys, new(now.Year, now.Month, 1, 0, 0, 0, TimeSpan.Zero), now);
        var sums = databases.Ask("select count(*) from llm_gateway.budget_quarter");
        return
        [
            new("counters from the ledger, Redis emptied", Median.Of(Repeat(redis, databases.FlushRedis)), "s", 5, string.Create(
                CultureInfo.InvariantCulture,
                $"until four gateways admit; {plan.CountedRows:N0} rows of this month by {Keys} keys, {sums:N0} sums by quarters of hours")),
            new(
                "counters from the ledger, Postgres tier",
                Median.Of(Repeat(postgres, () => databases.Execute("delete from llm_gateway.counter"))),
                "s",
                5,
                "until four gateways have admitted a call whose counters are missing"),
        ];
    }

    private static List<double> Repeat(Fleet fleet, Action lose)
    {
        var aims = fleet.Aims(GatewayConfig.CountedKey).Take(Fleet.Size).ToList();
        AwaitAll(aims);
        return
        [
            .. Enumerable.Range(0, Times).Select(_ =>
            {
                lose();
                var began = Clock.Now;
                AwaitAll(aims);
                return (Clock.Now - began) / 1e9;
            }),
        ];
    }

    private static void AwaitAll(List<Aim> aims) =>
        Workers.Run(aims.Count, i => Waiting.Until("a call is admitted", () => IsAdmitted(aims[i])));

    private static bool IsAdmitted(Aim aim)
    {
        using var connection = new Connection(aim.Port);
        connection.Send(aim.Request);
        return connection.IsCounted();
    }
}
