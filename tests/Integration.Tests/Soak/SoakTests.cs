using System.Globalization;
using System.Net;
using Gateway.Contract;
using Integration.Tests.Gateway;
using Support.Stores;

namespace Integration.Tests.Soak;

/// <summary>
/// Whole gateways of both shared tiers under load, through every outage at full length: <c>make soak</c>. SOAK_MINUTES, 15 by default, is
/// shared by the outages; with that default each is longer than a lease.
/// </summary>
public sealed class SoakTests : IDisposable
{
    // Of each step; the rest of it is for the gateways to find their databases again.
    private const double OutOfIt = 0.85;
    private const double MostResidentMiB = 400;

    private static readonly TimeSpan s_recovery = TimeSpan.FromSeconds(45);
    private static readonly TimeSpan s_quiet = TimeSpan.FromSeconds(5);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("soak-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact(Explicit = true)]
    public async Task Through_every_outage_each_answered_call_is_charged_once_and_the_budgets_hold()
    {
        var minutes = double.Parse(Environment.GetEnvironmentVariable("SOAK_MINUTES") ?? "15", CultureInfo.InvariantCulture);
        var (postgres, redis) = (await PostgresServer.StartNewAsync(), await RedisServer.StartNewAsync());
        await using var redisFleet = new SoakFleet(SpendTier.Redis, _folder, postgres.Url);
        await using var postgresFleet = new SoakFleet(SpendTier.Postgres, _folder, postgres.Url);
        SoakFleet[] fleets = [redisFleet, postgresFleet];
        await using var outages = new SoakOutages(postgres, redis, fleets);
        foreach (var fleet in fleets)
            await fleet.StartAsync(redis.Url);
        var loads = fleets.Select(f => new SoakLoad(f)).ToList();
        loads.ForEach(load => load.Start());
        await Task.Delay(s_quiet, TimeProvider.System, TestContext.Current.CancellationToken);
        Memory("at the beginning", fleets);

        var step = TimeSpan.FromMinutes(minutes) / outages.All.Count;
        foreach (var (name, act) in outages.All)
        {
            foreach (var fleet in fleets)
                await fleet.RaiseAsync(0.5m);
            loads.ForEach(load => load.Stream(step));
            await act(step * OutOfIt);
            await RecoverAsync(name, fleets);
            await Task.Delay(step * (1 - OutOfIt), TimeProvider.System, TestContext.Current.CancellationToken);
        }

        await Task.WhenAll(loads.Select(l => l.StopAsync()));
        var resident = Memory("at the end", fleets);
        foreach (var (fleet, load) in fleets.Zip(loads))
            await SoakAudit.JudgeAsync(fleet, load, outages.Admin);
        resident.ShouldBeLessThan(MostResidentMiB);
    }

    /// <summary>Until every gateway counts again.</summary>
    private static async Task RecoverAsync(string name, IEnumerable<SoakFleet> fleets)
    {
        var began = TimeProvider.System.GetTimestamp();
        foreach (var (fleet, gateway) in fleets.SelectMany(f => f.Gateways.Select(g => (f, g))))
        {
            while (!await CountsAsync(gateway))
            {
                TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(
                    s_recovery, $"{name}: a gateway of the {fleet.Tier} tier does not count again");
                await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {name}: all count again after {TimeProvider.System.GetElapsedTime(began).TotalSeconds:0.0} s"));
    }

    private static async Task<bool> CountsAsync(GatewayChild gateway)
    {
        using var answer = await gateway.ChatAsync(
            SoakFleet.WideKey, """{"model":"m","max_tokens":10,"messages":[{"role":"user","content":"hi"}]}""");
        return answer.StatusCode == HttpStatusCode.OK;
    }

    /// <summary>The most of any.</summary>
    private static double Memory(string when, IEnumerable<SoakFleet> fleets)
    {
        var all = fleets.SelectMany(f => f.Gateways.Select(g => (f.Tier, g.ResidentMiB))).ToList();
        var texts = all.Select(g => string.Create(CultureInfo.InvariantCulture, $"{g.Tier} {g.ResidentMiB:0} MiB"));
        Console.WriteLine($"  resident {when}: {string.Join(", ", texts)}");
        return all.Max(g => g.ResidentMiB);
    }
}
