using System.Globalization;
using System.Net;
using Npgsql;

namespace Integration.Tests.Soak;

/// <summary>What must be true of a fleet's money when all is at rest.</summary>
internal static class SoakAudit
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(150);

    /// <summary>Throws where it is not.</summary>
    public static async Task JudgeAsync(SoakFleet fleet, SoakLoad load, NpgsqlDataSource admin)
    {
        await UntilCountersAreTheLedgersAsync(fleet, admin);
        var rows = await RowsAsync(fleet, admin);
        var answers = load.Answers.ToList();
        foreach (var status in answers.GroupBy(a => (a.Status, a.Key)).OrderBy(g => g.Key.Key).ThenBy(g => g.Key.Status))
            Console.WriteLine($"  {fleet.Tier}: {status.Key.Key} {(int)status.Key.Status} {status.Count()}");
        Console.WriteLine($"  {fleet.Tier}: {load.Broken} without an answer, {rows.Values.Sum(r => r.Count)} rows of {rows.Count} calls");

        answers.Where(a => a.Status is not (HttpStatusCode.OK or HttpStatusCode.TooManyRequests or HttpStatusCode.ServiceUnavailable))
            .Select(a => $"{a.Status} {a.Problem}").ShouldBeEmpty();
        answers.Where(a => a.Status == HttpStatusCode.ServiceUnavailable)
            .ShouldAllBe(a => a.Problem!.Contains("budget_store_unavailable", StringComparison.Ordinal));
        var served = answers.Where(a => a.Cost is not null).ToList();
        served.Where(a => !rows.ContainsKey(a.CallId)).Select(a => $"{a} has no row").ShouldBeEmpty();
        served.Where(a => rows[a.CallId].Count(r => r.Kind != "Correction") != 1)
            .Select(a => $"{a}: {string.Join(' ', rows[a.CallId])}").ShouldBeEmpty();

        // What a killed replica had answered and not yet counted is charged as far as it was known.
        served.Where(a => Charged(a) != a.Cost && !(a.Life < fleet.Lives[a.Gateway] && rows[a.CallId].All(r => r.Kind == "Abandoned")))
            .Select(a => $"{a}: {Charged(a)}, {string.Join(' ', rows[a.CallId])}").ShouldBeEmpty();
        served.Where(a => !a.IsWhole).Select(a => $"{a} was cut").ShouldBeEmpty();
        await GuaranteeAsync(fleet, admin);
        await RollupsAsync(fleet, admin);

        decimal Charged(SoakAnswer answer) => rows[answer.CallId].Sum(r => r.Nanos) / 1e9m;
    }

    private static async Task UntilCountersAreTheLedgersAsync(SoakFleet fleet, NpgsqlDataSource admin)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var wrong = await WrongCountersAsync(fleet, admin);
            if (wrong.Count == 0)
                return;
            TimeProvider.System.GetElapsedTime(began).ShouldBeLessThan(s_patience, string.Join('\n', wrong));
            await Task.Delay(TimeSpan.FromSeconds(1), TimeProvider.System);
        }
    }

    private static async Task<List<string>> WrongCountersAsync(SoakFleet fleet, NpgsqlDataSource admin)
    {
        var wrong = new List<string>();
        foreach (var budget in new[] { SoakFleet.Wide, SoakFleet.Tight })
        {
            var settled = await SumAsync(admin, fleet, "(c->>'amount')::bigint", budget) / 1e9m;
            foreach (var gateway in fleet.Gateways)
            {
                var counter = (await gateway.StatusAsync()).Budgets.SingleOrDefault(b => b.Budget == budget);
                if (counter is null || counter.Settled != settled || counter.Reserved != 0)
                    wrong.Add($"{fleet.Tier} {budget}: {settled} in the ledger, {counter?.Settled} and {counter?.Reserved} live in a counter");
            }
        }

        return wrong;
    }

    /// <summary>Section 7 of the design: settled is at most the limit and what calls did cost above what they had reserved.</summary>
    private static async Task GuaranteeAsync(SoakFleet fleet, NpgsqlDataSource admin)
    {
        var settled = await SumAsync(admin, fleet, "(c->>'amount')::bigint", SoakFleet.Tight);
        var overshoot = await SumAsync(admin, fleet, "coalesce((c->>'overshoot')::bigint, 0)", SoakFleet.Tight);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"  {fleet.Tier}: {settled / 1e9m} of {fleet.Limit} settled under the tight budget, {overshoot / 1e9m} above what was reserved"));
        settled.ShouldBeLessThanOrEqualTo((long)(fleet.Limit * 1_000_000_000) + overshoot);
    }

    private static async Task RollupsAsync(SoakFleet fleet, NpgsqlDataSource admin)
    {
        const string Differences = """
            select (select coalesce(sum(cost_nanos), 0) from llm_gateway.ledger where gateway = $1)
                - (select coalesce(sum(cost_nanos), 0) from llm_gateway.usage_hour where gateway = $1)
            """;
        await using var command = admin.CreateCommand(Differences);
        command.Parameters.Add(new() { Value = fleet.Name });
        ((decimal)(await command.ExecuteScalarAsync())!).ShouldBe(0);
    }

    private static async Task<long> SumAsync(NpgsqlDataSource admin, SoakFleet fleet, string amount, string budget)
    {
        await using var command = admin.CreateCommand($"""
            select coalesce(sum({amount}), 0)::bigint from llm_gateway.ledger l cross join lateral jsonb_array_elements(l.charges) c
            where l.gateway = $1 and c->>'budget' = $2
            """);
        command.Parameters.Add(new() { Value = fleet.Name });
        command.Parameters.Add(new() { Value = budget });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static async Task<Dictionary<string, List<Row>>> RowsAsync(SoakFleet fleet, NpgsqlDataSource admin)
    {
        await using var command = admin.CreateCommand("select call_id, kind, cost_nanos from llm_gateway.ledger where gateway = $1");
        command.Parameters.Add(new() { Value = fleet.Name });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new Dictionary<string, List<Row>>(StringComparer.Ordinal);
        while (await reader.ReadAsync())
        {
            if (!rows.TryGetValue(reader.GetString(0), out var list))
                rows[reader.GetString(0)] = list = [];
            list.Add(new(reader.GetString(1), reader.GetInt64(2)));
        }

        return rows;
    }

    private readonly record struct Row(string Kind, long Nanos);
}
